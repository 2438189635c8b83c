import { setActiveBackend } from '@latent-matte/core/internal';
import { createWeightResolver, type WeightResolver } from './resolve-weights';
import { startHere } from './start-here';
import type { WebBackend } from './web-backend';
import { type CheckedOptions, checkedOptions, type WebBackendOptions } from './web-backend-options';
import { startWorker } from './worker/start-worker';

/**
 * Starts a compute device, registers the gradients tfjs needs, and makes it the backend of this SDK. Works in
 * pages and in workers: `document` is never touched.
 *
 * A graphics device can be lost at any time (driver, sleep, another tab). A call that took no step yet begins again on a
 * new device; one that did throws a `BackendError`, and the next call starts a new device.
 *
 * ```ts
 * import { enhancePortrait, readImage, toBlob, useWebBackend } from '@latent-matte/backend-web';
 *
 * await useWebBackend({ worker: true });
 * const photo = await readImage(input.files![0]);
 * const { portrait } = await enhancePortrait(photo);
 * link.href = URL.createObjectURL(await toBlob(portrait));
 * ```
 *
 * @throws BackendError the device, or the worker, cannot be used
 * @throws InvalidOptionError an unknown device, or `wasmPaths` without every file
 */
export async function useWebBackend(options: WebBackendOptions = {}): Promise<WebBackend> {
  const checked = checkedOptions(options);
  const { worker = false } = options;
  const backend =
    worker === false
      ? await computeHere(checked, options.resolveWeights)
      : await startWorker(worker, options);
  setActiveBackend(backend);
  return backend;
}

async function computeHere(
  { device, wasmPaths, weightsPath, weightUrls }: CheckedOptions,
  given: WeightResolver | undefined,
): Promise<WebBackend> {
  const resolveWeights = given ?? createWeightResolver({ weightsPath, weightUrls });
  return await startHere({ device, wasmPaths }, resolveWeights);
}
