import type { WeightArchive } from '@latent-matte/backend-node/checkpoints';
import {
  createDeeplabV3Plus,
  createGca,
  createLpipsVgg,
  createStyleGAN2Discriminator,
  createStyleGAN2Generator,
} from '@latent-matte/backend-node/models';
import type { OfficialPart } from './checkpoint-files';

/** Everything that the authors' main.py loads for `--backbone gca`. */
export type OfficialNetworks = ReturnType<typeof createNetworks>;

/**
 * The caller frees them with `dispose`.
 *
 * @throws WeightsError a file holds another network than its name says
 */
export function createNetworks(weights: Readonly<Record<OfficialPart, WeightArchive>>) {
  const made: { dispose(): void }[] = [];
  const keep = <Network extends { dispose(): void }>(network: Network): Network => {
    made.push(network);
    return network;
  };
  const dispose = () => {
    for (const network of made.reverse()) network.dispose();
  };
  try {
    return {
      generator: keep(createStyleGAN2Generator(weights.generator)),
      discriminator: keep(createStyleGAN2Discriminator(weights.discriminator)),
      trimap: keep(createDeeplabV3Plus(weights.trimap)),
      // The picture as it is: the border is the demo's.
      matting: keep(createGca(weights.matting, { border: 0 })),
      perceptual: keep(createLpipsVgg(weights.vgg16, weights.lpips)),
      dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}
