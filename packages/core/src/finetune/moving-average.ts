import * as tf from '@tensorflow/tfjs-core';

/**
 * The decay of a moving average after its update t, d = min(longest, (1 + t) / (10 + t)), as
 * `tf.train.ExponentialMovingAverage` with `num_updates`: it forgets the start quickly, then looks back ever further.
 */
export const averageDecay = (longest: number, update: number): number =>
  Math.min(longest, (1 + update) / (10 + update));

/** w̄ + (1 − d)(w − w̄) (Polyak, Juditsky, 1992). */
export const movedAverage = (average: tf.Tensor, value: tf.Tensor, decay: number): tf.Tensor =>
  tf.tidy(() => tf.add(average, tf.mul(tf.sub(value, average), 1 - decay)));
