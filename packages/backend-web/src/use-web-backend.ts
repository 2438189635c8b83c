import '@latent-matte/core/gradients';
import {
  type Backend,
  BackendError,
  InvalidOptionError,
  type RasterImage,
  setActiveBackend,
} from '@latent-matte/core';
import { activateWasm } from './activate-wasm';
import { type ReadImageOptions, readImage, type WebImageSource } from './read-image';
import { createWeightResolver, type WeightResolver } from './resolve-weights';

/** `auto` is `wasm` until WebGPU is supported. */
export type WebDevice = 'auto' | 'webgpu' | 'wasm';

/**
 * Where the `.wasm` files of `@tensorflow/tfjs-backend-wasm` are served: a folder URL that ends in `/`, or the
 * URL of each file.
 */
export type WasmPaths =
  | string
  | Readonly<
      Record<
        | 'tfjs-backend-wasm.wasm'
        | 'tfjs-backend-wasm-simd.wasm'
        | 'tfjs-backend-wasm-threaded-simd.wasm',
        string
      >
    >;

export interface WebBackendOptions {
  /** Default `'auto'`. */
  device?: WebDevice;
  /** Default: beside the script that holds tfjs, which is seldom right after bundling. */
  wasmPaths?: WasmPaths;
  /** Brings weight files. Default: `createWeightResolver()`, which fetches, verifies and caches. */
  resolveWeights?: WeightResolver;
}

/** The {@link Backend} of browsers, for pages and workers. */
export interface WebBackend extends Backend {
  readonly platform: 'web';
  readImage(source: WebImageSource, options?: ReadImageOptions): Promise<RasterImage>;
}

/** The wasm heap ends at 4 GB: a 1024² working portrait is what fits with its gradients. */
const WASM_MAX_PIXELS = 1024 ** 2;

/**
 * Starts a compute device, registers the gradients tfjs needs, and makes it the backend of this SDK. Works in
 * pages and in workers: `document` is never touched.
 *
 *     import { enhancePortrait, readImage, toBlob, useWebBackend } from '@latent-matte/backend-web';
 *     await useWebBackend({ wasmPaths: '/tfjs/' });
 *     const { portrait } = await enhancePortrait(await readImage(file));
 *     link.href = URL.createObjectURL(await toBlob(portrait));
 *
 * @throws BackendError the device cannot be used
 * @throws InvalidOptionError an unknown device, or `wasmPaths` without every file
 */
export async function useWebBackend(options: WebBackendOptions = {}): Promise<WebBackend> {
  const device = options.device ?? 'auto';
  if (device === 'webgpu') {
    throw new BackendError('The device "webgpu" is not supported yet.', 'Use the device "wasm".');
  }
  if (device !== 'auto' && device !== 'wasm') {
    throw new InvalidOptionError(
      `There is no device "${String(device)}".`,
      'Use "auto" or "wasm".',
    );
  }
  const detail = await activateWasm(options.wasmPaths);
  const why = device === 'auto' ? 'the only device so far' : 'as asked';
  const backend: WebBackend = {
    platform: 'web',
    device: 'wasm',
    description: `wasm: ${detail}, ${why}`,
    limits: { maxPixels: WASM_MAX_PIXELS },
    readImage,
    resolveWeights: options.resolveWeights ?? createWeightResolver(),
  };
  setActiveBackend(backend);
  return backend;
}
