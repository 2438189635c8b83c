import * as tf from '@tensorflow/tfjs-core';

/** Longest run of values that is added up in one go. */
const LONGEST = 4096;

/**
 * Σx of many values, in two stages. A backend that adds float32 values one after the other (wasm) is off by 2e-4 of the
 * sum of half a million squares; sums of short runs are not.
 */
export function sumInStages(x: tf.Tensor): tf.Scalar {
  // The largest power of two that divides the number of values.
  const run = Math.min(x.size & -x.size, LONGEST);
  if (x.size <= LONGEST || run < 16) return tf.sum(x) as tf.Scalar;
  return tf.sum(tf.sum(tf.reshape(x, [x.size / run, run]), 1)) as tf.Scalar;
}
