import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Activation, briefly, type Refusal, renewWasm } from '@latent-matte/core/backend';
import * as tf from '@tensorflow/tfjs-core';
import { deviceFailed } from './device-failed';
import { limitsFor } from './memory-limits';

/** Where the heap of tfjs's build ends. */
const HEAP_BYTES = 4095 * 2 ** 20;

/** Makes WebAssembly (SIMD, one thread) tfjs's backend. */
export async function activateWasm(): Promise<Activation | Refusal> {
  const before = crashListeners();
  try {
    const { setWasmPaths } = await import('./wasm-kernels');
    // A backend that was started knows its files.
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
    explain: async (error) => (isTrap(error) ? heapFull(error) : undefined),
    dispose: renewWasm,
  };
}

const isTrap = (error: unknown): boolean => error instanceof WebAssembly.RuntimeError;

const heapFull = (error: unknown) =>
  deviceFailed(
    'wasm',
    `its memory of 4 GB is full, or the module failed (${briefly(error)})`,
    'Use a smaller workingSize or a smaller picture, or the device "native".',
  );

/**
 * The folder of the .wasm files: beside this script, where it is as published. An application that was bundled into one file
 * has them in the installed package; the sources of this repository in that of tfjs.
 *
 * @returns undefined when they are nowhere: then the guess of tfjs stands, which is beside its script
 */
function wasmFolder(): string | undefined {
  const places = [import.meta.url, join(process.cwd(), 'index.js')].flatMap((from) => {
    const { resolve } = createRequire(from);
    return [
      () => dirname(fileURLToPath(import.meta.url)),
      () => join(dirname(resolve('@latent-matte/backend-node/package.json')), 'dist'),
      () => dirname(resolve('@tensorflow/tfjs-backend-wasm')),
    ];
  });
  for (const place of places) {
    try {
      const folder = place();
      if (existsSync(join(folder, 'tfjs-backend-wasm-simd.wasm'))) return folder + sep;
    } catch {
      // Not installed there: the next place.
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
