import * as tf from '@tensorflow/tfjs-core';

/**
 * Value of `f(x)` with no gradient: `f` may use operations that have none, such as argmax.
 */
export function stopGradient(x: tf.Tensor, f: (x: tf.Tensor) => tf.Tensor): tf.Tensor {
  const run = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const input = args[0] as tf.Tensor;
    return { value: f(input), gradFunc: () => tf.zeros(input.shape) };
  });
  return run(x);
}
