// Starts WebAssembly with two threads on the built package, multiplies with them, starts it once more with an empty heap,
// and has nothing more to do: the process must end by itself.
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { renewWasm } from '@latent-matte/core/backend';
import * as tf from '@tensorflow/tfjs-core';
import { useNodeBackend } from '../../dist/index.js';

/** Threads of the process, of which Linux tells. */
const tasks = () => (existsSync('/proc/self/task') ? readdirSync('/proc/self/task').length : 0);

async function start() {
  const { description } = await useNodeBackend({ device: 'wasm', threads: 2 });
  tf.tidy(() => tf.matMul(tf.ones([256, 256]), tf.ones([256, 256])).dataSync());
  return description.includes('2 threads');
}

const threads = await start();
const before = tasks();
renewWasm();
const renewed = await start();
for (let waits = 0; tasks() > before && waits < 100; waits++) await setTimeout(50);
process.send({ threads, worker: typeof globalThis.Worker, renewed, left: tasks() - before });
process.disconnect();
