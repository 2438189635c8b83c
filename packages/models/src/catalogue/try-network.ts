import type { WeightArchive } from '@latent-matte/core/checkpoints';
import * as tf from '@tensorflow/tfjs-core';
import type { Network } from './catalogue';

/** Of a portrait that every generator takes. */
const SIDE = 32;

/**
 * Makes a network of its weights and frees it: whether they fit. Needs an active backend.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { openCheckpoint } from '@latent-matte/core/checkpoints';
 * import { type Network, tryNetwork } from '@latent-matte/models';
 *
 * declare const network: Network;
 * tryNetwork(network, await openCheckpoint(await readFile('network.pth')));
 * ```
 *
 * @throws WeightsError they do not
 */
export function tryNetwork({ create }: Network, archive: WeightArchive, license?: string): void {
  const image = tf.zeros([1, SIDE, SIDE, 3]) as tf.Tensor4D;
  try {
    create(archive, license, { portrait: { image } }).dispose?.();
  } finally {
    image.dispose();
  }
}
