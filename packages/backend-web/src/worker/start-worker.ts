import { BackendError } from '@latent-matte/core/caller';
import { createWeightResolver } from '../resolve-weights';
import type { WebBackend } from '../web-backend';
import { checkedOptions, type WebBackendOptions } from '../web-backend-options';
import { WorkerClient } from './worker-client';

/**
 * A backend that computes in a worker.
 *
 * @param worker `true`: the one of this package
 * @throws BackendError, InvalidOptionError
 */
export async function startWorker(
  worker: true | Worker,
  options: WebBackendOptions,
): Promise<WebBackend> {
  const { device, wasmPaths, weightsPath, weightUrls } = checkedOptions(options);
  if (typeof Worker === 'undefined') {
    throw new BackendError('There are no workers here.', 'Leave `worker` out.');
  }
  return await WorkerClient.start(
    worker,
    { device, wasmPaths, weightsPath, weightUrls },
    options.resolveWeights ?? createWeightResolver({ weightsPath, weightUrls }),
    options.resolveWeights !== undefined,
  );
}
