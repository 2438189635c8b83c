import { customGradient } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { FeatureMap } from './feature-map';

/** max(x, slope·x). */
export const leakyRelu =
  (slope: number) =>
  (x: FeatureMap): FeatureMap =>
    tf.leakyRelu(x, slope);

/**
 * min(max(x, 0), 6), with the gradient of PyTorch: 0 at the ends too. The stock gradient compares and casts,
 * which is slow on wasm, and keeps the input alive; this one keeps the output, and 0 < y < 6 where y·(6 − y) > 0.
 */
export function relu6(x: FeatureMap): FeatureMap {
  return customGradient(
    [x],
    (x) => {
      const y = tf.relu6(x);
      return { value: y, saved: [y] };
    },
    (dy, [y]) => tf.mul(dy, tf.step(tf.mul(y, tf.sub(6, y)))),
  );
}

/** relu6(x + 3) / 6. */
export const hardSigmoid = (x: FeatureMap): FeatureMap => tf.mul(relu6(tf.add(x, 3)), 1 / 6);

/**
 * x · relu6(x + 3) / 6, with its gradient written out: 0 below −3, 1 above 3, x/3 + 1/2 between. Saves its
 * input only, where the product of stock ops saves four maps. Steps instead of comparisons, which are slow on
 * wasm: |x| < 3 where 9 − x² > 0.
 */
export function hardSwish(x: FeatureMap): FeatureMap {
  return customGradient(
    [x],
    (x) => ({ value: tf.mul(tf.mul(x, 1 / 6), tf.relu6(tf.add(x, 3))) as FeatureMap, saved: [x] }),
    (dy, [x]) => {
      const between = tf.step(tf.sub(9, tf.square(x)));
      const rising = tf.mul(between, tf.add(tf.mul(x, 1 / 3), 0.5));
      return tf.mul(dy, tf.add(rising, tf.step(tf.sub(x, 3))));
    },
  );
}
