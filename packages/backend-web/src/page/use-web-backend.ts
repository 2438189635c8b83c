import { putBackendInUse } from '@latent-matte/core/caller';
import type { WebBackend } from '../web-backend';
import { checkedOptions, type WebBackendOptions } from '../web-backend-options';
import { startWorker } from '../worker/start-worker';

/** What `useWebBackend` takes where nothing can be computed on the page itself. None is needed. */
export interface PageBackendOptions extends Omit<WebBackendOptions, 'worker'> {
  /**
   * Default `true`: the worker of this package. Or a `Worker` of yours whose script imports
   * `@latent-matte/backend-web/worker`, and registers your own models there.
   */
  worker?: true | Worker;
}

/**
 * Starts a worker that computes, and makes it the backend of this SDK. As `useWebBackend({ worker: true })` of
 * `@latent-matte/backend-web`, without the code that would compute on the page.
 *
 * ```ts
 * import { cutOut, preload, useWebBackend } from '@latent-matte/backend-web/page';
 *
 * await useWebBackend();
 * void preload();
 * const person = await cutOut(input.files![0]);
 * image.src = URL.createObjectURL(await person.toBlob());
 * ```
 *
 * @throws BackendError the worker, or the device in it, cannot be used
 * @throws InvalidOptionError an unknown device, or `wasmPaths` without every file
 */
export async function useWebBackend(options: PageBackendOptions = {}): Promise<WebBackend> {
  checkedOptions(options);
  const backend = await startWorker(options.worker ?? true, options);
  putBackendInUse(backend);
  return backend;
}
