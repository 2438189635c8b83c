import {
  type Activation,
  briefly,
  type DeviceFailure,
  memoryFull,
  type Refusal,
  renewWasm,
} from '@latent-matte/core/backend';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { availableMemory, pixelLimits } from './memory-limits';
import { resolveWasmPaths, type WasmFileUrls } from './wasm-paths';

export const wasmRemedy =
  'Serve the .wasm files of @latent-matte/backend-web/dist/wasm, give their folder as `wasmPaths`, and reload the page.';

// Literal URLs, so that bundlers find and copy the files.
const ownFiles = (): WasmFileUrls =>
  resolveWasmPaths({
    'tfjs-backend-wasm.wasm': new URL('./wasm/tfjs-backend-wasm.wasm', import.meta.url).href,
    'tfjs-backend-wasm-simd.wasm': new URL('./wasm/tfjs-backend-wasm-simd.wasm', import.meta.url)
      .href,
    'tfjs-backend-wasm-threaded-simd.wasm': new URL(
      './wasm/tfjs-backend-wasm-threaded-simd.wasm',
      import.meta.url,
    ).href,
  });

/** The wasm heap ends at 4 GB. */
const HEAP = 2 ** 32;

/** Makes WebAssembly tfjs's backend. */
export async function activateWasm(
  paths: WasmFileUrls = ownFiles(),
): Promise<Activation | Refusal> {
  try {
    // The threads of tfjs 4.22 are started from the source text of a function that needs a variable outside of it
    // (`_scriptDir is not defined`), so on cross-origin isolated pages they would not start, and nothing else.
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    if (tf.engine().registry.wasm === undefined) setWasmPaths(paths);
    if (!(await tf.setBackend('wasm'))) {
      return { refused: 'the WebAssembly backend does not start' };
    }
  } catch (cause) {
    // tfjs's setWasmPaths throws after a start that failed.
    return { refused: 'the WebAssembly backend does not start, now or before', cause };
  }
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  const features = simd ? 'with SIMD' : 'without SIMD (slow)';
  return {
    backend: 'wasm',
    version: tf.version_core,
    detail: `WebAssembly ${tf.version_core} ${features}`,
    limits: pixelLimits({ total: Math.min(HEAP, availableMemory()), tensor: HEAP }),
    explain: async (error) => trapOf(error),
    dispose: renewWasm,
  };
}

/** A trap is nearly always a full heap. */
const trapOf = (error: unknown): DeviceFailure | undefined =>
  error instanceof WebAssembly.RuntimeError ? memoryFull('wasm', briefly(error)) : undefined;
