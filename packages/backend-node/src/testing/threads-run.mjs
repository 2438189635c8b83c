// Starts WebAssembly with two threads on the built package, multiplies with them, and has nothing more to do: the process
// must end by itself.
import * as tf from '@tensorflow/tfjs-core';
import { useNodeBackend } from '../../dist/index.js';

const { description } = await useNodeBackend({ device: 'wasm', threads: 2 });
const a = tf.ones([256, 256]);
await tf.matMul(a, a).data();
process.send({ threads: description.includes('2 threads'), worker: typeof globalThis.Worker });
process.disconnect();
