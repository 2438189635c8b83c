import { BackendError } from '@latent-matte/core/caller';

export const workerRemedy =
  'Serve dist/worker.js of @latent-matte/backend-web and pass `new Worker(url, { type: "module" })` as `worker`.';

/**
 * A worker with the script of this package. In this folder, since the URL holds for the built package as well.
 * @throws BackendError
 */
export function ownWorker(): Worker {
  try {
    // Literal, so that bundlers find the script.
    return new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  } catch (cause) {
    throw new BackendError('The browser refuses the worker.', workerRemedy, { cause });
  }
}
