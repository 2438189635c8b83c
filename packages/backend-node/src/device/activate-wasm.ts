import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { type Activation, briefly, type Refusal } from './activation';
import { limitsFor } from './memory-limits';

/** Where the heap of tfjs's build ends. */
const HEAP_BYTES = 4095 * 2 ** 20;

/** Makes WebAssembly (SIMD, one thread) tfjs's backend. */
export async function activateWasm(): Promise<Activation | Refusal> {
  const before = crashListeners();
  try {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
    // Once the backend was started, setting the paths throws.
    if (tf.engine().registry.wasm === undefined) {
      const folder = wasmFolder();
      if (folder !== undefined) setWasmPaths(folder);
    }
    if (!(await tf.setBackend('wasm')))
      return { refused: 'the WebAssembly backend does not start' };
  } catch (cause) {
    return { refused: `the WebAssembly backend does not load (${briefly(cause)})`, cause };
  } finally {
    removeAddedListeners(before);
  }
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  return {
    backend: 'wasm',
    version: tf.version_core,
    detail: `WebAssembly ${tf.version_core}${simd ? ' with SIMD' : ' without SIMD (slow)'}`,
    limits: limitsFor(HEAP_BYTES),
    explain,
    recover,
  };
}

let broken = false;

/**
 * After a trap the heap is in an unknown state, and a full heap makes later results silently zero: nothing may be
 * computed on this instance any more.
 */
async function explain(error: unknown) {
  if (!(error instanceof WebAssembly.RuntimeError)) return undefined;
  broken = true;
  return {
    problem: `its memory of 4 GB is full, or the module failed (${briefly(error)})`,
    remedy: 'Use a smaller workingSize or a smaller picture, or the device "native".',
  };
}

/** A new instance, with an empty heap. Kernels stay registered. */
async function recover(): Promise<void> {
  if (!broken) return;
  const factory = tf.findBackendFactory('wasm');
  const instance: { dispose(): void } | null = tf.engine().registry.wasm ?? null;
  // Its own would run on the broken heap.
  if (instance !== null) instance.dispose = () => undefined;
  tf.removeBackend('wasm');
  tf.registerBackend('wasm', factory, 2);
  await tf.setBackend('wasm');
  broken = false;
}

/**
 * The folder of the .wasm files. The package finds them beside its own script; when an application was bundled
 * into one file that no longer holds, and the installed package is the better guess.
 *
 * @returns undefined when the package is not installed as such: then its own guess stands
 */
function wasmFolder(): string | undefined {
  for (const from of [import.meta.url, join(process.cwd(), 'index.js')]) {
    try {
      const main = createRequire(from).resolve('@tensorflow/tfjs-backend-wasm');
      const folder = dirname(main);
      if (existsSync(join(folder, 'tfjs-backend-wasm-simd.wasm'))) return folder + sep;
    } catch {
      // Not installed there: the next place, or the package's own default, decides.
    }
  }
  return undefined;
}

type Listeners = Record<
  'uncaughtException' | 'unhandledRejection',
  readonly ((...values: never[]) => unknown)[]
>;

const crashListeners = (): Listeners => ({
  uncaughtException: process.listeners('uncaughtException'),
  unhandledRejection: process.listeners('unhandledRejection'),
});

/**
 * Emscripten installs process-wide handlers that rethrow every uncaught error from inside a handler, which
 * replaces Node's own report and exit code. They guard nothing that tfjs needs.
 */
function removeAddedListeners(before: Listeners): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    for (const listener of process.listeners(event as 'uncaughtException')) {
      if (!before[event].includes(listener)) process.removeListener(event, listener);
    }
  }
}
