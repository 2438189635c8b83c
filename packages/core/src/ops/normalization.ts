import * as tf from '@tensorflow/tfjs-core';
import { InvalidOptionError } from '../errors';

export interface BatchNormalizationOptions {
  /** `[C]`, running mean. */
  mean: tf.Tensor1D;
  /** `[C]`, running variance. */
  variance: tf.Tensor1D;
  /** `[C]`, default 1. */
  scale?: tf.Tensor1D;
  /** `[C]`, default 0. */
  offset?: tf.Tensor1D;
  /** Default 1e-5, as PyTorch (tfjs: 1e-3). */
  epsilon?: number;
}

/**
 * (x − mean) / √(variance + ε) · scale + offset with frozen statistics. Fold it into the convolution before it
 * where there is one.
 *
 * @param x `[N, H, W, C]`
 */
export function batchNormalization(
  x: tf.Tensor4D,
  { mean, variance, scale, offset, epsilon = 1e-5 }: BatchNormalizationOptions,
): tf.Tensor4D {
  const run = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const inverse = tf.rsqrt(tf.add(variance, epsilon));
    const factor = scale === undefined ? inverse : tf.mul(inverse, scale);
    const shift = tf.neg(tf.mul(mean, factor));
    (args[1] as tf.GradSaveFunc)([factor]);
    return {
      value: tf.add(
        tf.mul(args[0] as tf.Tensor, factor),
        offset === undefined ? shift : tf.add(shift, offset),
      ),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => tf.mul(dy, saved),
    };
  });
  return run(x) as tf.Tensor4D;
}

export interface InstanceNormalizationOptions {
  /** `[C]`, default 1. */
  scale?: tf.Tensor1D;
  /** `[C]`, default 0. */
  offset?: tf.Tensor1D;
  /** Default 1e-5. */
  epsilon?: number;
}

/**
 * Zero mean and unit (biased) variance per image and channel.
 *
 * @param x `[N, H, W, C]`
 */
export function instanceNormalization(
  x: tf.Tensor4D,
  options: InstanceNormalizationOptions = {},
): tf.Tensor4D {
  return groupNormalization(x, { ...options, groups: x.shape[3] });
}

export interface GroupNormalizationOptions extends InstanceNormalizationOptions {
  /** A divisor of C; neighbouring channels form a group. */
  groups: number;
}

/**
 * x̂ = (x − μ) / √(σ² + ε), y = x̂ · scale + offset, with μ and the biased σ² per image and group of channels.
 * Gradient, for g = dy · scale and means over the group: (g − mean(g) − x̂ mean(g x̂)) / √(σ² + ε).
 *
 * @param x `[N, H, W, C]`
 * @throws InvalidOptionError `groups` does not divide C
 */
export function groupNormalization(
  x: tf.Tensor4D,
  { groups, scale, offset, epsilon = 1e-5 }: GroupNormalizationOptions,
): tf.Tensor4D {
  const channels = x.shape[3];
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new InvalidOptionError(
      `${channels} channels do not make ${groups} groups.`,
      'Use a divisor of the number of channels.',
    );
  }
  const run = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const input = args[0] as tf.Tensor4D;
    const centered = tf.sub(input, groupMean(input, groups)) as tf.Tensor4D;
    const variance = groupMean(tf.square(centered), groups);
    const inverse = tf.rsqrt(tf.add(variance, epsilon));
    const normal = tf.mul(centered, inverse);
    (args[1] as tf.GradSaveFunc)([normal, inverse]);
    const scaled = scale === undefined ? normal : tf.mul(normal, scale);
    return {
      value: offset === undefined ? scaled : tf.add(scaled, offset),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [hat, factor] = saved as [tf.Tensor4D, tf.Tensor4D];
        const g = (scale === undefined ? dy : tf.mul(dy, scale)) as tf.Tensor4D;
        const along = tf.mul(hat, groupMean(tf.mul(g, hat), groups));
        return tf.mul(tf.sub(tf.sub(g, groupMean(g, groups)), along), factor);
      },
    };
  });
  return run(x) as tf.Tensor4D;
}

/** `[N, H, W, C]` → `[N, 1, 1, C]`, the mean over the map and the group of each channel. */
function groupMean(x: tf.Tensor4D, groups: number): tf.Tensor4D {
  const [n, height, width, channels] = x.shape;
  // wasm reduces the outer axes of a map by transposing it first.
  const mean: tf.Tensor4D =
    tf.getBackend() === 'wasm'
      ? tf.avgPool(x, [height, width], 1, 'valid')
      : tf.mean(x, [1, 2], true);
  if (groups === channels) return mean;
  const split = tf.reshape(mean, [n, groups, channels / groups]);
  const shared = tf.tile(tf.mean(split, 2, true), [1, 1, channels / groups]);
  return tf.reshape(shared, [n, 1, 1, channels]);
}
