import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Activation, briefly, type Refusal, renewWasm } from '@latent-matte/core/backend';
import * as tf from '@tensorflow/tfjs-core';
import { deviceFailed } from './device-failed';
import { coreClocks, threadsForIdleCores } from './idle-cores';
import { limitsFor } from './memory-limits';
import {
  loadThreadedWasm,
  type ThreadedFiles,
  type ThreadedWasm,
  threadedFiles,
} from './threaded-wasm';

/** Where the heap of tfjs's build ends. */
const HEAP_BYTES = 4095 * 2 ** 20;

const BINARY = 'tfjs-backend-wasm-simd.wasm';

/** Of tfjs's own registration. */
const PRIORITY = 2;

/** Threads of the build that runs, until it is taken out. */
let running: ThreadedWasm | undefined;

/**
 * Makes WebAssembly (SIMD) tfjs's backend. Once it is started, the number of its threads stays.
 *
 * @param wanted `'auto'`: one for each core that is idle while this starts
 */
export async function activateWasm(wanted: number | 'auto' = 1): Promise<Activation | Refusal> {
  const before = crashListeners();
  const clocks = wanted === 'auto' ? coreClocks() : undefined;
  let count = 1;
  try {
    const kernels = await import('./wasm-kernels');
    // A backend that was started knows its files.
    if (tf.engine().registry.wasm === undefined) {
      const places = folders();
      const folder = places.find((place) => existsSync(join(place, BINARY)));
      // Where they are nowhere the guess of tfjs stands, which is beside its script.
      if (folder !== undefined) kernels.setWasmPaths(folder + sep);
      const files = wanted === 1 ? undefined : firstOf(places, threadedFiles);
      if (files !== undefined) {
        const threads = wanted === 'auto' ? await threadsForIdleCores(clocks) : wanted;
        if (threads > 1) registerThreaded(kernels, files, threads);
      }
    }
    if (!(await tf.setBackend('wasm')))
      return { refused: 'the WebAssembly backend does not start' };
    count = kernels.getThreadsCount();
  } catch (cause) {
    return { refused: `the WebAssembly backend does not load (${briefly(cause)})`, cause };
  } finally {
    removeAddedListeners(before);
  }
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  return {
    backend: 'wasm',
    version: tf.version_core,
    detail: `WebAssembly ${tf.version_core}${simd ? ' with SIMD' : ' without SIMD (slow)'}${count > 1 ? `, ${count} threads` : ''}`,
    limits: limitsFor(HEAP_BYTES),
    explain: async (error) => (isTrap(error) ? heapFull(error) : undefined),
    dispose() {
      renewWasm();
      endThreads();
    },
  };
}

/** Of a build that was taken out: they would hold its heap for as long as the process lives. */
function endThreads(): void {
  running?.end();
  running = undefined;
}

/** In place of tfjs's own, whose loader starts no thread in Node. */
function registerThreaded(
  { BackendWasm, setThreadsCount }: typeof import('./wasm-kernels'),
  files: ThreadedFiles,
  threads: number,
): void {
  setThreadsCount(threads);
  if (tf.findBackendFactory('wasm') !== null) tf.removeBackend('wasm');
  tf.registerBackend(
    'wasm',
    async () => {
      endThreads();
      running = await loadThreadedWasm(files, threads);
      return new BackendWasm(running.module as never);
    },
    PRIORITY,
  );
}

function firstOf<From, To>(list: readonly From[], f: (from: From) => To | undefined) {
  for (const from of list) {
    const found = f(from);
    if (found !== undefined) return found;
  }
  return undefined;
}

const isTrap = (error: unknown): boolean => error instanceof WebAssembly.RuntimeError;

const heapFull = (error: unknown) =>
  deviceFailed(
    'wasm',
    `its memory of 4 GB is full, or the module failed (${briefly(error)})`,
    'Use a smaller workingSize or a smaller picture, or the device "native".',
  );

/**
 * Where the .wasm files may be: beside this script, where it is as published. An application that was bundled into one file
 * has them in the installed package; the sources of this repository in that of tfjs.
 */
function folders(): string[] {
  const places = [import.meta.url, join(process.cwd(), 'index.js')].flatMap((from) => {
    const { resolve } = createRequire(from);
    return [
      () => dirname(fileURLToPath(import.meta.url)),
      () => join(dirname(resolve('@latent-matte/backend-node/package.json')), 'dist'),
      () => dirname(resolve('@tensorflow/tfjs-backend-wasm')),
    ];
  });
  return places.flatMap((place) => {
    try {
      return [place()];
    } catch {
      // Not installed there: the next place.
      return [];
    }
  });
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
