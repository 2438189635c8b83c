import type { WeightArchive } from '@latent-matte/core/checkpoints';
import { resize } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import {
  type Layer,
  NetworkBuilder,
  normalizeImage,
  roundedSides,
  stateDict,
  type TrimapClasses,
  TrimapNetwork,
  trimapLevels,
} from '../layers';
import type { FeatureMap } from '../layers/feature-map';
import { channelsOf, DEPTHS, encode, LICENSE, unpool } from './vgg-encoder';

export interface DimHuochaitiantangOptions {
  /**
   * Whether the decoder adds the encoder's maps. Default true, as in the last release (SAD 52.99). Earlier
   * releases (SAD 54.4 and above) have none and look the same: give false for those.
   */
  skip?: boolean;
  /**
   * Whether the refinement stage follows (training stages 2 and 3). Default: when the file has one. False
   * reads the file of a later stage and gives its first stage.
   */
  refine?: boolean;
}

/**
 * Deep Image Matting (Xu et al., CVPR 2017) as huochaitiantang/pytorch-deep-image-matting trained it: VGG16
 * without batch normalisation, unpooling decoder, and the paper's refinement stage where the file has one. The
 * picture is resized bilinearly to sides of a multiple of 32 not above its own, as in the published demo.
 */
export class DimHuochaitiantang extends TrimapNetwork {
  readonly input = { multipleOf: 1, min: 32, max: 1600 };
  /** Whether alpha comes from the refinement stage. */
  readonly refines: boolean;
  readonly #network: (image: FeatureMap, trimap: FeatureMap) => FeatureMap;
  readonly #refinement: ((image: FeatureMap, logits: FeatureMap) => FeatureMap) | undefined;

  /** @throws WeightsError when the archive is not this network */
  constructor(archive: WeightArchive, { skip = true, refine }: DimHuochaitiantangOptions = {}) {
    const weights = stateDict(archive);
    const refines = refine ?? weights.tensors.has('refine_conv1.weight');
    const build = new NetworkBuilder(weights, 'dim-huochaitiantang', {
      ignore: (name) => !refines && name.startsWith('refine_'),
    });
    const network = encoderDecoder(build, skip);
    const refinement = refines ? refinementStage(build) : undefined;
    super('dim-huochaitiantang', LICENSE, build.finish());
    this.refines = refines;
    this.#network = network;
    this.#refinement = refinement;
  }

  protected matte(image: FeatureMap, trimap: TrimapClasses): FeatureMap {
    const size = roundedSides(image, 32, Math.floor);
    const colors = normalizeImage(resize(image, size));
    const logits = this.#network(colors, resize(trimapLevels(trimap), size));
    const alpha = tf.sigmoid(this.#refinement ? this.#refinement(colors, logits) : logits);
    return resize(alpha, [image.shape[1], image.shape[2]]);
  }
}

/** @returns normalised RGB and trimap, sides multiples of 32 → alpha logits */
function encoderDecoder(
  build: NetworkBuilder,
  skip: boolean,
): (image: FeatureMap, trimap: FeatureMap) => FeatureMap {
  const width = build.shapeOf('conv1_1.weight')?.[0] ?? 64;
  const channels = channelsOf(width);
  const convolution = (name: string, inputs: number | number[], outputs: number, kernel: number) =>
    build.convolution(name, { inputs, outputs, kernel, activation: 'relu' });
  const levels = DEPTHS.map((depth, level) =>
    Array.from({ length: depth }, (_, i) => {
      const before = level === 0 ? [3, 1] : channels[level - 1];
      const inputs = i === 0 ? before : channels[level];
      return convolution(`conv${level + 1}_${i + 1}`, inputs, channels[level], 3);
    }),
  );
  const deep = channels[4];
  // 1×1 in files from before September 2019.
  const middle = convolution('conv6_1', deep, deep, build.shapeOf('conv6_1.weight')?.[2] ?? 3);
  const start = convolution('deconv6_1', deep, deep, 1);
  const decoder: Layer[] = channels.map((inputs, level) =>
    convolution(`deconv${level + 1}_1`, inputs, channels[Math.max(0, level - 1)], 5),
  );
  const last = build.convolution('deconv1', { inputs: width, outputs: 1, kernel: 5 });
  return (image, trimap) => {
    const encoded = encode(levels, [image, trimap]);
    const decoded = decoder.reduceRight(
      (y, convolve, i) => {
        const level = encoded.levels[i];
        const spread = unpool(y, level);
        return convolve(skip ? tf.add<FeatureMap>(spread, level.map) : spread);
      },
      start(middle(encoded.deepest)),
    );
    return last(decoded);
  };
}

/** The paper's second network: (image, alpha) → what to add to the logits. */
function refinementStage(
  build: NetworkBuilder,
): (image: FeatureMap, logits: FeatureMap) => FeatureMap {
  const width = build.shapeOf('refine_conv1.weight')?.[0] ?? 64;
  const hidden = [1, 2, 3].map((i) =>
    build.convolution(`refine_conv${i}`, {
      inputs: i === 1 ? [3, 1] : width,
      outputs: width,
      kernel: 3,
      activation: 'relu',
    }),
  );
  const predict = build.convolution('refine_pred', { inputs: width, outputs: 1, kernel: 3 });
  return (image, logits) => {
    const [first, second, third] = hidden;
    const features = third(second(first([image, tf.sigmoid(logits)])));
    return tf.add(logits, predict(features));
  };
}

/**
 * huochaitiantang's Deep Image Matting from one of its checkpoints, of any stage. The caller disposes it.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { openCheckpoint } from '@latent-matte/core/checkpoints';
 * import { createDimHuochaitiantang } from '@latent-matte/models';
 *
 * const network = createDimHuochaitiantang(await openCheckpoint(await readFile('dim.pth')));
 * network.dispose();
 * ```
 *
 * @throws WeightsError naming every missing, unexpected or misshapen tensor
 */
export function createDimHuochaitiantang(
  archive: WeightArchive,
  options?: DimHuochaitiantangOptions,
): DimHuochaitiantang {
  return new DimHuochaitiantang(archive, options);
}
