import type { WeightArchive } from '@latent-matte/core/checkpoints';
import { vgg16Blocks } from '../vgg16/blocks';
import { Lpips } from './lpips';

/**
 * LPIPS with VGG16, features after the ReLUs relu1_2, relu2_2, relu3_3, relu4_3 and relu5_3: what the paper's authors
 * ran as L_pp, on block means of 256² (`blockMeans`) and with a weight of 100. The factor is that of their loss:
 * `distance` is LPIPS itself.
 */
export class LpipsVgg extends Lpips {
  /** @throws WeightsError when the archives are not LPIPS-VGG */
  constructor(...archives: readonly WeightArchive[]) {
    super(archives, {
      name: 'lpips-vgg',
      license: 'BSD-2-Clause (LPIPS); BSD-3-Clause (torchvision)',
      min: 16,
      trunk: (build) => {
        const { channels, run } = vgg16Blocks(build);
        return {
          features: (x) => run(x).map((map) => [map]),
          channels: channels.map((count) => [count]),
        };
      },
      ignore: (name) => name.startsWith('classifier.'),
    });
  }
}

/**
 * LPIPS-VGG from torchvision's `vgg16-397923af.pth` and LPIPS's own `vgg.pth` (7 kB; also `lpips/weights/v0.1/vgg.pth`
 * of the authors' repository), or from one archive with the tensors of both. The caller disposes it.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { openCheckpoint } from '@latent-matte/core/checkpoints';
 * import { createLpipsVgg } from '@latent-matte/models';
 *
 * const network = createLpipsVgg(await openCheckpoint(await readFile('lpips-vgg.safetensors')));
 * network.dispose();
 * ```
 *
 * @throws WeightsError naming every missing, unexpected or misshapen tensor
 */
export function createLpipsVgg(...archives: readonly WeightArchive[]): LpipsVgg {
  return new LpipsVgg(...archives);
}
