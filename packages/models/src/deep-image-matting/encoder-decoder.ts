import type { WeightArchive } from '@latent-matte/core/checkpoints';
import * as tf from '@tensorflow/tfjs-core';
import {
  NetworkBuilder,
  normalizeImage,
  stateDict,
  type TrimapClasses,
  TrimapNetwork,
  trimapLevels,
} from '../layers';
import type { FeatureMap } from '../layers/feature-map';
import { channelsOf, DEPTHS, encode, LICENSE, unpool } from './vgg-encoder';

/**
 * Deep Image Matting (Xu et al., CVPR 2017) as foamliu/Deep-Image-Matting-PyTorch trained it (SAD 66.8 on
 * Composition-1k): VGG16 with batch normalisation; a decoder of one unpooling and one linear 5×5 convolution
 * per level. Works at the size of the picture, as the repository's test does.
 */
export class DimFoamliu extends TrimapNetwork {
  readonly input = { multipleOf: 1, min: 32, max: 2048 };
  readonly #network: (image: FeatureMap, trimap: FeatureMap) => FeatureMap;

  /** @throws WeightsError when the archive is not this network */
  constructor(archive: WeightArchive) {
    const build = new NetworkBuilder(stateDict(archive), 'dim-foamliu');
    const network = dimFoamliu(build);
    super('dim-foamliu', LICENSE, build.finish());
    this.#network = network;
  }

  protected matte(image: FeatureMap, trimap: TrimapClasses): FeatureMap {
    return tf.sigmoid(this.#network(normalizeImage(image), trimapLevels(trimap)));
  }
}

/** @returns normalised RGB and trimap → alpha logits */
function dimFoamliu(build: NetworkBuilder): (image: FeatureMap, trimap: FeatureMap) => FeatureMap {
  const width = build.shapeOf('down1.conv1.cbr_unit.0.weight')?.[0] ?? 64;
  const channels = channelsOf(width);
  const levels = DEPTHS.map((depth, level) =>
    Array.from({ length: depth }, (_, i) => {
      const unit = `down${level + 1}.conv${i + 1}.cbr_unit`;
      const before = level === 0 ? [3, 1] : channels[level - 1];
      return build.convolution(`${unit}.0`, {
        inputs: i === 0 ? before : channels[level],
        outputs: channels[level],
        kernel: 3,
        bias: true,
        norm: { name: `${unit}.1` },
        activation: 'relu',
      });
    }),
  );
  const decoder = channels.map((inputs, level) => {
    const unit = `up${level + 1}.conv.cbr_unit`;
    return build.convolution(`${unit}.0`, {
      inputs,
      outputs: level === 0 ? 1 : channels[level - 1],
      kernel: 5,
      bias: true,
      norm: { name: `${unit}.1` },
    });
  });
  return (image, trimap) => {
    const encoded = encode(levels, [image, trimap]);
    return decoder.reduceRight(
      (y, convolve, level) => convolve(unpool(y, encoded.levels[level])),
      encoded.deepest,
    );
  };
}

/**
 * foamliu's Deep Image Matting from `BEST_checkpoint.tar`, which holds the whole pickled module. The caller
 * disposes it.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { openCheckpoint } from '@latent-matte/core/checkpoints';
 * import { createDimFoamliu } from '@latent-matte/models';
 *
 * const network = createDimFoamliu(await openCheckpoint(await readFile('BEST_checkpoint.tar')));
 * network.dispose();
 * ```
 *
 * @throws WeightsError naming every missing, unexpected or misshapen tensor
 */
export function createDimFoamliu(archive: WeightArchive): DimFoamliu {
  return new DimFoamliu(archive);
}
