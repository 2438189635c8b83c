import * as tf from '@tensorflow/tfjs-core';

type Map = tf.Tensor4D;

/** max(x, slope·x). */
export const leakyRelu =
  (slope: number) =>
  (x: Map): Map =>
    tf.leakyRelu(x, slope);

/**
 * min(max(x, 0), 6), with the gradient of PyTorch: 0 at the ends too. The stock gradient compares and casts,
 * which is slow on wasm, and keeps the input alive; this one keeps the output, and 0 < y < 6 where y·(6 − y) > 0.
 */
export function relu6(x: Map): Map {
  const run = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const y = tf.relu6(args[0] as tf.Tensor);
    (args[1] as tf.GradSaveFunc)([y]);
    return {
      value: y,
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) =>
        tf.mul(dy, tf.step(tf.mul(saved, tf.sub(6, saved)))),
    };
  });
  return run(x) as Map;
}

/** relu6(x + 3) / 6. */
export const hardSigmoid = (x: Map): Map => tf.mul(relu6(tf.add(x, 3)), 1 / 6);

/**
 * x · relu6(x + 3) / 6, with its gradient written out: 0 below −3, 1 above 3, x/3 + 1/2 between. Saves its
 * input only, where the product of stock ops saves four maps. Steps instead of comparisons, which are slow on
 * wasm: |x| < 3 where 9 − x² > 0.
 */
export function hardSwish(x: Map): Map {
  const run = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const input = args[0] as tf.Tensor;
    (args[1] as tf.GradSaveFunc)([input]);
    return {
      value: tf.mul(tf.mul(input, 1 / 6), tf.relu6(tf.add(input, 3))),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => {
        const between = tf.step(tf.sub(9, tf.square(saved)));
        const rising = tf.mul(between, tf.add(tf.mul(saved, 1 / 3), 0.5));
        return tf.mul(dy, tf.add(rising, tf.step(tf.sub(saved, 3))));
      },
    };
  });
  return run(x) as Map;
}
