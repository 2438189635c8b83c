import {
  elementwise,
  hasNativeSlopes,
  hasSlope,
  madeBy,
  maskedBy,
  nativeSlope,
} from '@latent-matte/core/internal';
import { customGradient } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { FeatureMap } from './feature-map';

/** max(x, slope·x). */
export const leakyRelu =
  (slope: number) =>
  (x: FeatureMap): FeatureMap =>
    tf.leakyRelu(x, slope);

/** x above 0, eˣ − 1 below. Its gradient, 1 + min(y, 0), reads the output alone; the stock one has no kernel on wasm. */
export function elu(x: FeatureMap): FeatureMap {
  return customGradient(
    [x],
    (x) => {
      const y = tf.elu(x);
      return { value: y, saved: [y] };
    },
    (dy, [y]) => tf.mul(dy, tf.add(1, tf.minimum(y, 0))),
  );
}

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
    (dy, [y]) => maskedBy(dy, y, 'relu6'),
  );
}

/** relu6(x + 3) / 6. */
export const hardSigmoid = (x: FeatureMap): FeatureMap => tf.mul(relu6(tf.add(x, 3)), 1 / 6);

/**
 * x · relu6(x + 3) / 6, with its gradient written out: 0 below −3, 1 above 3, x/3 + 1/2 between. Saves its
 * input only, where the product of stock ops saves four maps. Steps instead of comparisons, which are slow on
 * wasm: |x| < 3 where 9 − x² > 0.
 */
export const hardSwish = (x: FeatureMap): FeatureMap => hardSwishOf(x, false);

/** {@link hardSwish} of which one operation alone reads the result: that may take its slope along (see `madeBy`). */
export const hardSwishReadOnce = (x: FeatureMap): FeatureMap => hardSwishOf(x, true);

function hardSwishOf(x: FeatureMap, isReadOnce: boolean): FeatureMap {
  let made: tf.Tensor['dataId'] | undefined;
  return customGradient(
    [x],
    (x) => {
      const value: FeatureMap =
        elementwise(HARD_SWISH, [x]) ??
        tf.mul(tf.mul(x, 1 / 6), tf.relu6(tf.add<FeatureMap>(x, 3)));
      if (isReadOnce) {
        made = value.dataId;
        madeBy(value, 'hardSwish', x);
      }
      return { value, saved: [x] };
    },
    (dy, [x]) => {
      if (made !== undefined && hasSlope(dy, made)) return tf.clone(dy);
      const inOne = elementwise(HARD_SWISH_SLOPE, [dy, x]);
      if (inOne !== undefined) return inOne;
      if (hasNativeSlopes()) {
        const shifted = tf.add<FeatureMap>(x, 3);
        // dy x / 6 between −3 and 3, and dy relu6(x + 3) / 6.
        const within = nativeSlope(tf.mul<FeatureMap>(dy, x), shifted, 'relu6') as FeatureMap;
        return tf.mul(tf.add(within, tf.mul(dy, tf.relu6(shifted))), 1 / 6);
      }
      const between = tf.step(tf.sub(9, tf.square(x)));
      const rising = tf.mul(between, tf.add(tf.mul(x, 1 / 3), 0.5));
      return tf.mul(dy, tf.add(rising, tf.step(tf.sub(x, 3))));
    },
  );
}

const HARD_SWISH = {
  name: 'hardSwish',
  wgsl: 'a * T(1.0 / 6.0) * clamp(a + T(3.0), T(0.0), T(6.0))',
};
const HARD_SWISH_SLOPE = {
  name: 'hardSwishSlope',
  wgsl: 'a * select(clamp(sign(b - T(3.0)), T(0.0), T(1.0)), b * T(1.0 / 3.0) + T(0.5), abs(b) < T(3.0))',
};
