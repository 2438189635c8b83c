import * as tf from '@tensorflow/tfjs-core';

/**
 * The decay of a moving average after its update t, d = min(longest, (1 + t) / (10 + t)), as
 * `tf.train.ExponentialMovingAverage` with `num_updates`: it forgets the start quickly, then looks back ever further.
 *
 * ```ts
 * import { averageDecay } from '@latent-matte/core/fine-tune';
 *
 * console.log(averageDecay(0.999, 0)); // 0.1
 * ```
 */
export const averageDecay = (longest: number, update: number): number =>
  Math.min(longest, (1 + update) / (10 + update));

/**
 * w̄ + (1 − d)(w − w̄) (Polyak, Juditsky, 1992).
 *
 * ```ts
 * import { averageDecay, movedAverage } from '@latent-matte/core/fine-tune';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const average = movedAverage(tf.scalar(0), tf.scalar(1), averageDecay(0.999, 5));
 * ```
 */
export const movedAverage = (average: tf.Tensor, value: tf.Tensor, decay: number): tf.Tensor =>
  tf.tidy(() => tf.add(average, tf.mul(tf.sub(value, average), 1 - decay)));
