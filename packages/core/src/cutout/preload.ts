import { longAnswer } from '../long-call';
import { turn } from './matte';
import { loadNetworks } from './networks';
import { type MatteOptions, type ResolvedCutOut, resolveMatte } from './options';

/**
 * Brings the weights that a cut-out needs, before there is a photo: they are fetched, verified and kept where the backend
 * keeps weights. A page calls it while somebody looks for their photo. Needs an active backend.
 *
 * ```ts
 * import { preload, useWebBackend } from '@latent-matte/backend-web';
 *
 * await useWebBackend({ worker: true });
 * await preload();
 * ```
 *
 * @param options those of the `cutOut` or `matte` to come; the networks that they name are loaded. Default: those of
 *   `cutOut(photo)`
 * @throws InvalidOptionError, UnknownModelError, WeightsError
 * @throws AbortedError the signal fired
 */
export async function preload(options: MatteOptions = {}): Promise<void> {
  const resolved = resolveMatte(options);
  await longAnswer('preload', [options], () => preloadHere(resolved));
}

async function preloadHere({ request }: ResolvedCutOut): Promise<void> {
  await turn(request.signal);
  request.onProgress?.(0);
  (await loadNetworks(request)).dispose();
  request.onProgress?.(1);
}
