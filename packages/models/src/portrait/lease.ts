import type { WeightArchive } from '@latent-matte/core/checkpoints';
import type { FrozenWeights } from '../layers';
import { type PortraitNetwork, portraitNetwork } from './network';

/** A network in use, and how to stop using it. */
export type Lease = PortraitNetwork;

interface Shared {
  readonly network: PortraitNetwork;
  users: number;
}

/** Networks by the archive they were made from. An archive that nobody holds is no key. */
const networks = new WeakMap<WeightArchive, Shared>();

/**
 * The network of an archive, made once for all that use it at a time; the last that disposes its `weights` frees the
 * tensors. Disposing twice counts once. A trainable network is nobody else's.
 *
 * @throws WeightsError as `portraitNetwork`
 */
export function leaseNetwork(archive: WeightArchive, trainable: boolean): Lease {
  if (trainable) return portraitNetwork(archive, { trainable });
  const shared = networks.get(archive) ?? { network: portraitNetwork(archive), users: 0 };
  networks.set(archive, shared);
  shared.users++;
  let mine = true;
  const dispose = () => {
    if (!mine) return;
    mine = false;
    shared.users--;
    if (shared.users > 0) return;
    networks.delete(archive);
    shared.network.weights.dispose();
  };
  const weights: FrozenWeights = { ...shared.network.weights, dispose };
  return { ...shared.network, weights };
}
