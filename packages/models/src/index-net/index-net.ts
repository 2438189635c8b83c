import type { MattingTraining } from '@latent-matte/core';
import type { WeightArchive } from '@latent-matte/core/checkpoints';
import { resize, stopGradient } from '@latent-matte/core/ops';
import type * as tf from '@tensorflow/tfjs-core';
import {
  NetworkBuilder,
  normalizeImage,
  roundedSides,
  stateDict,
  type TrimapClasses,
  TrimapNetwork,
  trimapLevels,
} from '../layers';
import type { FeatureMap } from '../layers/feature-map';
import { indexNet } from './network';

export interface IndexNetOptions {
  /** Make it of variables, for `fineTune`. Slower, and twice the memory. Default false. */
  trainable?: boolean;
}

/**
 * IndexNet matting (Lu et al., ICCV 2019; poppinace/indexnet_matting), the released model: MobileNetV2 with
 * depthwise many-to-one index blocks. As in the published demo the picture is resized up to multiples of 32
 * (picture and alpha bicubic, trimap nearest).
 */
export class IndexNet extends TrimapNetwork {
  readonly input = { multipleOf: 1, min: 32, max: 2048 };
  readonly #network: (image: FeatureMap, trimap: FeatureMap) => FeatureMap;
  declare readonly train?: MattingTraining;
  declare readonly variables?: () => Record<string, tf.Variable>;

  /** @throws WeightsError when the archive is not an IndexNet */
  constructor(archive: WeightArchive, { trainable = false }: IndexNetOptions = {}) {
    const build = new NetworkBuilder(stateDict(archive), 'indexnet', { trainable });
    const network = indexNet(build);
    super('indexnet', 'academic use only', build.finish());
    this.#network = network;
    // The published training script builds the network with `freeze_bn=True`.
    Object.assign(
      this,
      this.trainingOf('frozen', (input) => this.prediction(input)),
    );
  }

  protected matte(image: FeatureMap, trimap: TrimapClasses): FeatureMap {
    const size = roundedSides(image, 32, Math.ceil);
    const levels = stopGradient(() => resize(trimapLevels(trimap), size, 'nearest'));
    const alpha = this.#network(resize(normalizeImage(image), size, 'bicubic'), levels);
    return resize(alpha, [image.shape[1], image.shape[2]], 'bicubic');
  }
}

/**
 * IndexNet from `indexnet_matting.pth.tar`. The caller disposes it.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { openCheckpoint } from '@latent-matte/core/checkpoints';
 * import { createIndexNet } from '@latent-matte/models';
 *
 * const network = createIndexNet(await openCheckpoint(await readFile('indexnet_matting.pth.tar')));
 * network.dispose();
 * ```
 *
 * @throws WeightsError naming every missing, unexpected or misshapen tensor
 */
export function createIndexNet(archive: WeightArchive, options?: IndexNetOptions): IndexNet {
  return new IndexNet(archive, options);
}
