import * as tf from '@tensorflow/tfjs-core';

/** Applies a linear map A whose gradient is written out: dx = Aᵀ dy. */
export function withAdjoint(
  x: tf.Tensor4D,
  forward: (x: tf.Tensor4D) => tf.Tensor4D,
  adjoint: (dy: tf.Tensor4D) => tf.Tensor4D,
): tf.Tensor4D {
  const run = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => ({
    value: forward(args[0] as tf.Tensor4D),
    gradFunc: (dy: tf.Tensor) => adjoint(dy as tf.Tensor4D),
  }));
  return run(x) as tf.Tensor4D;
}
