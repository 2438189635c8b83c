import { pixelShuffle, pixelUnshuffle } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { convolutionParameters, depthwiseParameters, type Layers, type Parameters } from './layers';

/**
 * The trunk of the compact networks: a U-shaped encoder and decoder without normalisation layers.
 *
 * Level i works at 1/2^(i+1) of the input. Downsampling is pixel-unshuffle + 1×1 (a 2×2 convolution with
 * stride 2), upsampling 1×1 + pixel-shuffle: both exactly symmetric under flips, and their gradients are
 * stride-1 forward convolutions. A block is x + W₂·relu(W₁·depthwise(x)), with W₂ starting at zero
 * (SkipInit; De, Smith, NeurIPS 2020), so that no normalisation is needed.
 */
export interface TrunkShape {
  readonly inputs: number;
  /** Channels per level, fine to coarse. */
  readonly channels: readonly number[];
  /** Blocks per level on the way down. */
  readonly blocks: readonly number[];
  /** Depthwise kernel side per level. */
  readonly kernels: readonly number[];
  /** Blocks per level on the way up (one entry fewer than `channels`); none = encoder only. */
  readonly decoderBlocks?: readonly number[];
}

const relu = { kind: 'normal', gain: Math.SQRT2 } as const;
const linear = { kind: 'normal', gain: 1 } as const;

/** Width of a block between W₁ and W₂, in multiples of its channels. */
const EXPANSION = 2;

function blockParameters(name: string, kernel: number, channels: number): Parameters {
  return {
    ...depthwiseParameters(`${name}.depthwise`, kernel, channels),
    ...convolutionParameters(`${name}.expand`, 1, channels, EXPANSION * channels, relu),
    ...convolutionParameters(`${name}.project`, 1, EXPANSION * channels, channels, {
      kind: 'constant',
      value: 0,
    }),
  };
}

function block(layers: Layers, name: string, x: tf.Tensor4D): tf.Tensor4D {
  const mixed = layers.depthwise(`${name}.depthwise`, x);
  const wide = layers.convolution(`${name}.expand`, mixed, 'relu');
  return tf.add(x, layers.convolution(`${name}.project`, wide));
}

/** Parameters of {@link encode} and, when `decoderBlocks` is given, {@link decode}. */
export function trunkParameters(shape: TrunkShape): Parameters {
  const { inputs, channels, blocks, kernels, decoderBlocks } = shape;
  let parameters = convolutionParameters('stem', 3, 4 * inputs, channels[0], relu);
  channels.forEach((width, level) => {
    if (level > 0) {
      const down = convolutionParameters(`down${level}`, 1, 4 * channels[level - 1], width, linear);
      parameters = { ...parameters, ...down };
    }
    for (let i = 0; i < blocks[level]; i++) {
      Object.assign(parameters, blockParameters(`encoder${level}.${i}`, kernels[level], width));
    }
  });
  if (decoderBlocks === undefined) return parameters;
  for (let level = channels.length - 2; level >= 0; level--) {
    const width = channels[level];
    const shuffle = { kind: 'shuffle', gain: 1 } as const;
    Object.assign(
      parameters,
      convolutionParameters(`up${level}`, 1, channels[level + 1], 4 * width, shuffle),
    );
    for (let i = 0; i < decoderBlocks[level]; i++) {
      Object.assign(parameters, blockParameters(`decoder${level}.${i}`, kernels[level], width));
    }
  }
  return parameters;
}

/**
 * @param inputs maps in 2×2 blocks (see `pixelUnshuffle`), `[N, H/2, W/2, ·]`, together 4 · `shape.inputs`
 *   channels; H and W are multiples of 2^levels
 * @returns features per level, fine (H/2) to coarse
 */
export function encode(
  layers: Layers,
  shape: TrunkShape,
  inputs: readonly tf.Tensor4D[],
): tf.Tensor4D[] {
  const features: tf.Tensor4D[] = [];
  let y = layers.convolution('stem', inputs, 'relu');
  shape.channels.forEach((_, level) => {
    if (level > 0) y = layers.convolution(`down${level}`, pixelUnshuffle(y));
    for (let i = 0; i < shape.blocks[level]; i++) y = block(layers, `encoder${level}.${i}`, y);
    features.push(y);
  });
  return features;
}

/** Features of {@link encode} → `[N, H/2, W/2, channels[0]]`. */
export function decode(
  layers: Layers,
  shape: TrunkShape,
  features: readonly tf.Tensor4D[],
): tf.Tensor4D {
  let y = features[features.length - 1];
  for (let level = features.length - 2; level >= 0; level--) {
    y = tf.add(pixelShuffle(layers.convolution(`up${level}`, y)), features[level]);
    for (let i = 0; i < (shape.decoderBlocks?.[level] ?? 0); i++) {
      y = block(layers, `decoder${level}.${i}`, y);
    }
  }
  return y;
}
