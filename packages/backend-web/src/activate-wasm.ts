import { InvalidOptionError } from '@latent-matte/core';
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
import { absoluteFolder, absoluteUrl } from './absolute-url';
import { availableMemory, pixelLimits } from './memory-limits';

export const wasmRemedy =
  'Serve the .wasm files of @latent-matte/backend-web/dist/wasm, give their folder as `wasmPaths`, and reload the page.';

const wasmFiles = [
  'tfjs-backend-wasm.wasm',
  'tfjs-backend-wasm-simd.wasm',
  'tfjs-backend-wasm-threaded-simd.wasm',
] as const;

export type WasmFileUrls = Readonly<Record<(typeof wasmFiles)[number], string>>;

/**
 * Where the `.wasm` files are served: a folder URL, or the URL of each file. Relative URLs are relative to the page.
 */
export type WasmPaths = string | WasmFileUrls;

// Literal URLs, so that bundlers find and copy the files.
const ownFiles = (): WasmFileUrls => ({
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

/**
 * The absolute URL of each file: a worker would take relative ones relative to its script.
 * @throws InvalidOptionError a file has no URL
 */
export function resolveWasmPaths(paths: WasmPaths): WasmFileUrls {
  const given = (name: keyof WasmFileUrls): string | undefined =>
    typeof paths === 'string' ? absoluteFolder(paths) + name : paths[name];
  const missing = wasmFiles.filter((name) => given(name) === undefined);
  if (missing.length > 0) {
    throw new InvalidOptionError(
      `wasmPaths has no ${missing.join(' and no ')}.`,
      'Give the URL of each file, or the URL of their folder.',
    );
  }
  return Object.fromEntries(
    wasmFiles.map((name) => [name, absoluteUrl(given(name)!)]),
  ) as WasmFileUrls;
}
