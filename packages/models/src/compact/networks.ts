import { pixelShuffle, pixelUnshuffle } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { countOf } from '../count-of';
import { decode, encode, type TrunkShape, trunkParameters } from './encoder-decoder';
import { convolutionParameters, type Layers, type Parameters } from './layers';

/** A network as data: its parameters, and its function over any `Layers`. */
export interface NetworkDefinition {
  readonly name: string;
  readonly parameters: Parameters;
  /** Sides of the input must be multiples of this. */
  readonly multipleOf: number;
  /** @param inputs maps of one size, `[N, H, W, ·]` */
  run(layers: Layers, ...inputs: tf.Tensor4D[]): tf.Tensor4D;
}

export const trimapTrunk: TrunkShape = {
  inputs: 3,
  channels: [24, 48, 80, 128, 160],
  blocks: [0, 2, 3, 4, 2],
  kernels: [3, 3, 5, 5, 5],
  decoderBlocks: [0, 1, 1, 1],
};

/** RGB in [−1, 1], `[N, H, W, 3]` → logits `[N, H/2, W/2, 3]` (background, unknown, foreground). */
export const trimapNetwork: NetworkDefinition = {
  name: 'compact-trimap',
  parameters: {
    ...trunkParameters(trimapTrunk),
    ...convolutionParameters('head', 3, 24, 3, { kind: 'normal', gain: 0.5 }),
  },
  multipleOf: 32,
  run(layers, x) {
    const features = encode(layers, trimapTrunk, [pixelUnshuffle(x)]);
    return layers.convolution('head', decode(layers, trimapTrunk, features));
  },
};

const mattingTrunk: TrunkShape = {
  inputs: 6,
  channels: [24, 48, 80, 128],
  blocks: [0, 2, 3, 4],
  kernels: [3, 3, 3, 5],
  decoderBlocks: [0, 1, 1],
};
const DETAIL_CHANNELS = 32;

/**
 * RGB in [−1, 1] and one-hot trimap, both `[N, H, W, 3]` → alpha logit `[N, H, W, 1]`.
 *
 * The last layers see the input itself again, for hair. They work on 2×2 blocks as channels at half the
 * resolution: the same receptive field, on kernels that are twice as fast as thin full-size ones.
 */
export const mattingNetwork: NetworkDefinition = {
  name: 'compact-matting',
  parameters: {
    ...trunkParameters(mattingTrunk),
    ...convolutionParameters('detail', 3, 24 + 4 * mattingTrunk.inputs, DETAIL_CHANNELS, {
      kind: 'normal',
      gain: Math.SQRT2,
    }),
    ...convolutionParameters('head', 3, DETAIL_CHANNELS, 4, { kind: 'normal', gain: 0.5 }),
  },
  multipleOf: 16,
  run(layers, image, trimap) {
    const inputs = [pixelUnshuffle(image), pixelUnshuffle(trimap)];
    const coarse = decode(layers, mattingTrunk, encode(layers, mattingTrunk, inputs));
    const detail = layers.convolution('detail', [coarse, ...inputs], 'relu');
    return pixelShuffle(layers.convolution('head', detail));
  },
};

const discriminatorTrunk: TrunkShape = {
  inputs: 3,
  channels: [16, 32, 64, 96],
  blocks: [1, 1, 2, 2],
  kernels: [3, 3, 3, 5],
};

/** RGB in [−1, 1], `[N, H, W, 3]` → realness logit per patch `[N, H/16, W/16, 1]`. */
export const discriminatorNetwork: NetworkDefinition = {
  name: 'compact-discriminator',
  parameters: {
    ...trunkParameters(discriminatorTrunk),
    ...convolutionParameters('score', 1, 96, 1, { kind: 'normal', gain: 0.5 }),
  },
  multipleOf: 16,
  run(layers, x) {
    const features = encode(layers, discriminatorTrunk, [pixelUnshuffle(x)]);
    return layers.convolution('score', tf.relu(features[features.length - 1]));
  },
};

/**
 * Number of values in all parameters.
 *
 * ```ts
 * import { type NetworkDefinition, parameterCount } from '@latent-matte/models';
 *
 * declare const network: NetworkDefinition;
 * console.log(parameterCount(network));
 * ```
 */
export function parameterCount(network: NetworkDefinition): number {
  return Object.values(network.parameters).reduce((sum, { shape }) => sum + countOf(shape), 0);
}
