import type { WeightArchive } from '@latent-matte/core/checkpoints';
import { Lpips } from './lpips';
import { FEATURE_CHANNELS, squeezenet } from './squeezenet';

/** LPIPS with SqueezeNet 1.1: the smallest, features of seven layers. */
export class LpipsSqueeze extends Lpips {
  /** @throws WeightsError when the archives are not LPIPS-squeeze */
  constructor(...archives: readonly WeightArchive[]) {
    super(archives, {
      name: 'lpips-squeeze',
      license: 'BSD-2-Clause (LPIPS); BSD-3-Clause (torchvision)',
      min: 32,
      trunk: (build) => ({ features: squeezenet(build), channels: FEATURE_CHANNELS }),
      ignore: (name) => name.startsWith('classifier.'),
    });
  }
}

/**
 * LPIPS-squeeze from torchvision's `squeezenet1_1-b8a52dc0.pth` and LPIPS's own `squeeze.pth` (11 kB), or
 * from one archive with the tensors of both. The caller disposes it.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { openCheckpoint } from '@latent-matte/core/checkpoints';
 * import { createLpipsSqueeze } from '@latent-matte/models';
 *
 * const network = createLpipsSqueeze(await openCheckpoint(await readFile('lpips-squeeze.safetensors')));
 * network.dispose();
 * ```
 *
 * @throws WeightsError naming every missing, unexpected or misshapen tensor
 */
export function createLpipsSqueeze(...archives: readonly WeightArchive[]): LpipsSqueeze {
  return new LpipsSqueeze(...archives);
}
