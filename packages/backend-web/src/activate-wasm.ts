import { BackendError, InvalidOptionError } from '@latent-matte/core';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import type { WasmPaths } from './use-web-backend';

const remedy =
  'Serve the .wasm files of @tensorflow/tfjs-backend-wasm/dist, give their folder as `wasmPaths`, and reload the page.';

/**
 * Makes WebAssembly tfjs's backend.
 *
 * @returns what was started, for people
 * @throws BackendError the .wasm files are not found, or do not run here
 * @throws InvalidOptionError `wasmPaths` lacks a file
 */
export async function activateWasm(paths: WasmPaths | undefined): Promise<string> {
  if (paths !== undefined) setPaths(paths);
  let started: boolean;
  try {
    started = await tf.setBackend('wasm');
  } catch (cause) {
    throw new BackendError('The WebAssembly backend does not start.', remedy, { cause });
  }
  if (!started) throw new BackendError('The WebAssembly backend does not start.', remedy);
  const [simd, threads] = await Promise.all([
    tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'),
    tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT'),
  ]);
  const features = simd ? `with SIMD${threads ? ' and threads' : ''}` : 'without SIMD (slow)';
  return `WebAssembly ${tf.version_core} ${features}`;
}

function setPaths(paths: WasmPaths): void {
  if (typeof paths !== 'string') {
    const missing = wasmFiles.filter((name) => paths[name] === undefined);
    if (missing.length > 0) {
      throw new InvalidOptionError(
        `wasmPaths has no ${missing.join(' and no ')}.`,
        'Give the URL of each file, or the URL of their folder.',
      );
    }
  }
  const folder = typeof paths === 'string' && !paths.endsWith('/') ? `${paths}/` : paths;
  try {
    // tfjs throws here after a start that failed.
    setWasmPaths(folder);
  } catch (cause) {
    throw new BackendError('The WebAssembly backend failed to start before.', remedy, { cause });
  }
}

const wasmFiles = [
  'tfjs-backend-wasm.wasm',
  'tfjs-backend-wasm-simd.wasm',
  'tfjs-backend-wasm-threaded-simd.wasm',
] as const;
