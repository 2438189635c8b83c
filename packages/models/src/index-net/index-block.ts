import { averagePool, pixelShuffle, resize } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { joinChannels, type NetworkBuilder } from '../layers';
import type { FeatureMap } from '../layers/feature-map';

/** What a map learned about how to pool and unpool it; both the size of the map. */
export interface Indices {
  /** Sums to 1 over each 2×2 block. */
  readonly encode: FeatureMap;
  /** In (0, 1). */
  readonly decode: FeatureMap;
}

/**
 * IndexNet's depthwise many-to-one block with context and non-linearity. Four branches see 4×4 windows at
 * stride 2; branch q is sub-pixel (q div 2, q mod 2) of
 *
 *     decode = σ(shuffled),   encode = softmax of decode over each 2×2 block
 */
export function indexBlock(
  build: NetworkBuilder,
  name: string,
  channels: number,
): (x: FeatureMap) => Indices {
  const branches = [1, 2, 3, 4].map((q) => {
    const branch = `${name}.indexnet${q}`;
    const hidden = build.shapeOf(`${branch}.0.weight`)?.[0] ?? channels;
    const look = build.convolution(`${branch}.0`, {
      inputs: channels,
      outputs: hidden,
      kernel: 4,
      stride: 2,
      padding: 1,
      norm: { name: `${branch}.1` },
      activation: 'relu6',
    });
    const decide = build.convolution(`${branch}.3`, {
      inputs: hidden,
      outputs: channels,
      kernel: 1,
      bias: false,
    });
    return (x: FeatureMap) => decide(look(x));
  });
  return (x) => {
    const decode = tf.sigmoid(pixelShuffle(joinChannels(branches.map((branch) => branch(x)))));
    const weights = tf.exp(decode);
    const sums = resize(blockSum(weights), [x.shape[1], x.shape[2]], 'nearest');
    return { encode: tf.div(weights, sums), decode };
  };
}

/** Sum of each 2×2 block. */
export function blockSum(x: FeatureMap): FeatureMap {
  return tf.mul(averagePool(x, { size: 2 }), 4);
}
