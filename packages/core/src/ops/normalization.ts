import * as tf from '@tensorflow/tfjs-core';
import { InvalidOptionError } from '../errors';
import { customGradient } from './custom-gradient';
import { stopGradient } from './stop-gradient';

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
 * ```ts
 * import { batchNormalization } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const statistics = { mean: tf.tensor1d([3]), variance: tf.tensor1d([4]) };
 * const y = batchNormalization(tf.tensor4d([3, 7], [1, 1, 2, 1]), statistics);
 * console.log(await y.data()); // [0, 2], but for ε
 * ```
 *
 * @param x `[N, H, W, C]`
 */
export function batchNormalization(
  x: tf.Tensor4D,
  { mean, variance, scale, offset, epsilon = 1e-5 }: BatchNormalizationOptions,
): tf.Tensor4D {
  return customGradient(
    [x],
    (x) => {
      const inverse = tf.rsqrt(tf.add(variance, epsilon));
      const factor = scale === undefined ? inverse : tf.mul(inverse, scale);
      const shift = tf.neg(tf.mul(mean, factor));
      const value: tf.Tensor4D = tf.add(
        tf.mul(x, factor),
        offset === undefined ? shift : tf.add(shift, offset),
      );
      return { value, saved: [factor] };
    },
    (dy, [factor]) => tf.mul(dy, factor),
  );
}

export interface TrainedBatchNormalizationOptions {
  /** γ, `[channels]`. */
  scale: tf.Tensor1D;
  /** β, `[channels]`. */
  offset: tf.Tensor1D;
  /** How many channels, from the first, are normalised; the others pass. Default: all. */
  channels?: number;
  /** Default 1e-5. */
  epsilon?: number;
}

/** Mean and biased variance of one batch, `[channels]` each. Constants, owned by the caller. */
export interface BatchStatistics {
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
  /** How many values each was computed from. */
  readonly count: number;
}

/**
 * Batch normalisation with the statistics of the batch, for training (Ioffe, Szegedy, ICML 2015):
 *
 *     x̂ = (x − μ) / √(σ² + ε),  y = γ x̂ + β;    μ, σ² over N, H and W
 *     dγ = Σ dy x̂,  dβ = Σ dy,  dx = γ / √(σ² + ε) · (dy − mean(dy) − x̂ · mean(dy x̂))
 *
 * Channels that are not normalised are x̂ = x with γ = 1, β = 0 and no means.
 *
 * ```ts
 * import { batchNormalizationInTraining } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const x = tf.tensor4d([1, 5], [1, 1, 2, 1]);
 * const learned = { scale: tf.tensor1d([1]), offset: tf.tensor1d([0]) };
 * const { y, statistics } = batchNormalizationInTraining(x, learned);
 * console.log(await y.data()); // [-1, 1], but for ε
 * console.log(await statistics.mean.data(), await statistics.variance.data()); // [3] [4]
 * ```
 *
 * @param x `[N, H, W, C]`
 * @returns y, differentiable in x, γ and β; and the statistics, for running averages
 */
export function batchNormalizationInTraining(
  x: tf.Tensor4D,
  options: TrainedBatchNormalizationOptions,
): { y: tf.Tensor4D; statistics: BatchStatistics } {
  const { scale, offset, channels = x.shape[3], epsilon = 1e-5 } = options;
  const others = x.shape[3] - channels;
  const normalized = () =>
    tf.tensor1d(Float32Array.from({ length: x.shape[3] }, (_, c) => (c < channels ? 1 : 0)));
  const own = (map: tf.Tensor4D) => tf.slice(tf.reshape(map, [-1]), 0, channels) as tf.Tensor1D;
  const [mean, variance] = stopGradient(() =>
    tf.tidy(() => {
      const center = channelMean(x);
      return [center, channelMean(tf.square(tf.sub(x, center)) as tf.Tensor4D)];
    }),
  );
  const y = customGradient(
    [x, scale, offset],
    (x, gamma, beta) => {
      const mask = normalized();
      const inverse = tf.add(tf.mul(tf.rsqrt(tf.add(variance, epsilon)), mask), tf.sub(1, mask));
      const hat = tf.mul(tf.sub(x, tf.mul(mean, mask)), inverse) as tf.Tensor4D;
      const factor = tf.pad(gamma, [[0, others]], 1);
      const slope = tf.mul(inverse, factor);
      const value: tf.Tensor4D = tf.add(tf.mul(hat, factor), tf.pad(beta, [[0, others]]));
      return { value, saved: [hat, slope] };
    },
    (dy, [hat, slope]) => {
      const places = hat.size / hat.shape[3];
      const level = channelMean(dy);
      const along = channelMean(tf.mul(dy, hat));
      const part = normalized();
      const inside = tf.sub(tf.sub(dy, tf.mul(level, part)), tf.mul(hat, tf.mul(along, part)));
      return [tf.mul(inside, slope), tf.mul(own(along), places), tf.mul(own(level), places)];
    },
  );
  const parts = stopGradient(() => tf.tidy(() => [own(mean), own(variance)]));
  tf.dispose([mean, variance]);
  return {
    y,
    statistics: { mean: parts[0], variance: parts[1], count: x.size / x.shape[3] },
  };
}

/** `[N, H, W, C]` → `[1, 1, 1, C]`. */
function channelMean(x: tf.Tensor4D): tf.Tensor4D {
  return tf.mean(groupMean(x, x.shape[3]), 0, true);
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
 * ```ts
 * import { instanceNormalization } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const x = tf.tensor4d([1, 5], [1, 1, 2, 1]);
 * console.log(await instanceNormalization(x).data()); // [-1, 1], but for ε
 * ```
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
 * ```ts
 * import { groupNormalization } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const x = tf.tensor4d([1, 5, 10, 30], [1, 1, 1, 4]);
 * console.log(await groupNormalization(x, { groups: 2 }).data()); // [-1, 1, -1, 1], but for ε
 * ```
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
  return customGradient(
    [x],
    (x) => {
      const centered: tf.Tensor4D = tf.sub(x, groupMean(x, groups));
      const variance = groupMean(tf.square(centered), groups);
      const inverse = tf.rsqrt(tf.add(variance, epsilon));
      const hat: tf.Tensor4D = tf.mul(centered, inverse);
      const scaled: tf.Tensor4D = scale === undefined ? hat : tf.mul(hat, scale);
      const value: tf.Tensor4D = offset === undefined ? scaled : tf.add(scaled, offset);
      return { value, saved: [hat, inverse] };
    },
    (dy, [hat, factor]) => {
      const g: tf.Tensor4D = scale === undefined ? dy : tf.mul(dy, scale);
      const along = tf.mul(hat, groupMean(tf.mul(g, hat), groups));
      return tf.mul(tf.sub(tf.sub(g, groupMean(g, groups)), along), factor);
    },
  );
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
