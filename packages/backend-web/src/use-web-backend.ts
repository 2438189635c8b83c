import { BackendError, InvalidOptionError } from '@latent-matte/core';
import { setActiveBackend } from '@latent-matte/core/internal';
import { absoluteFolder } from './absolute-url';
import { resolveWasmPaths, type WasmPaths } from './activate-wasm';
import { createWeightResolver, type WeightResolver } from './resolve-weights';
import { startHere } from './start-here';
import type { WebBackend } from './web-backend';
import type { WebDevice } from './web-devices';
import { WorkerClient } from './worker/worker-client';

export interface WebBackendOptions {
  /**
   * Default `'auto'`. `'webgpu'` also takes an adapter that is emulated on the processor, which `'auto'` passes by.
   */
  device?: WebDevice;
  /**
   * `true`: everything is computed in a module worker, so that the page stays alive. Or a `Worker` of yours whose
   * script imports `@latent-matte/backend-web/worker`, and registers your own models there. Default `false`.
   */
  worker?: boolean | Worker;
  /** Default: the files of this package, which Vite and webpack copy. */
  wasmPaths?: WasmPaths;
  /**
   * Folder URL of the weight files, which have the names they are published with. Default: the files of
   * `@latent-matte/compact`, which Vite and webpack copy.
   */
  weightsPath?: string;
  /**
   * Brings weight files, in place of `weightsPath`. Called on this thread, also with a worker. Default:
   * `createWeightResolver()`, which fetches, verifies and caches.
   */
  resolveWeights?: WeightResolver;
}

/**
 * Starts a compute device, registers the gradients tfjs needs, and makes it the backend of this SDK. Works in
 * pages and in workers: `document` is never touched.
 *
 *     import { enhancePortrait, readImage, toBlob, useWebBackend } from '@latent-matte/backend-web';
 *     await useWebBackend({ worker: true });
 *     const { portrait } = await enhancePortrait(await readImage(file));
 *     link.href = URL.createObjectURL(await toBlob(portrait));
 *
 * A graphics device can be lost at any time (driver, sleep, another tab). A call that took no step yet begins again on a
 * new device; one that did throws a {@link BackendError}, and the next call starts a new device.
 *
 * @throws BackendError the device, or the worker, cannot be used
 * @throws InvalidOptionError an unknown device, or `wasmPaths` without every file
 */
export async function useWebBackend(options: WebBackendOptions = {}): Promise<WebBackend> {
  const { device = 'auto', worker = false, weightsPath } = options;
  if (!['auto', 'webgpu', 'wasm'].includes(device)) {
    throw new InvalidOptionError(
      `There is no device "${String(device)}".`,
      'Use "auto", "webgpu" or "wasm".',
    );
  }
  const wasmPaths =
    options.wasmPaths === undefined ? undefined : resolveWasmPaths(options.wasmPaths);
  const folder = weightsPath === undefined ? undefined : absoluteFolder(weightsPath);
  const resolveWeights = options.resolveWeights ?? createWeightResolver({ weightsPath: folder });
  if (worker !== false && typeof Worker === 'undefined') {
    throw new BackendError('There are no workers here.', 'Leave `worker` out.');
  }
  const backend =
    worker === false
      ? await startHere({ device, wasmPaths }, resolveWeights)
      : await WorkerClient.start(
          worker,
          { device, wasmPaths, weightsPath: folder },
          resolveWeights,
          options.resolveWeights !== undefined,
        );
  setActiveBackend(backend);
  return backend;
}
