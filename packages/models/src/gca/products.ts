import * as tf from '@tensorflow/tfjs-core';

/**
 * A Bᵀ of two batches of matrices. The gradient dB = (dY)ᵀ A transposes first: the product with a transposed
 * left factor is slow on wasm.
 *
 * @param a `[N, q, c]`
 * @param b `[N, p, c]`
 * @returns `[N, q, p]`
 */
export function similarity(a: tf.Tensor3D, b: tf.Tensor3D): tf.Tensor3D {
  const run = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [left, right] = args as tf.Tensor3D[];
    (args[2] as tf.GradSaveFunc)([left, right]);
    return {
      value: tf.matMul(left, right, false, true),
      gradFunc: (dy: tf.Tensor, [x, y]: tf.Tensor[]) => [
        tf.matMul(dy, y),
        tf.matMul(transposed(dy), x),
      ],
    };
  });
  return run(a, b) as tf.Tensor3D;
}

/**
 * A B, with the gradient dB = Aᵀ dY written as in {@link similarity}.
 *
 * @param a `[N, q, p]`
 * @param b `[N, p, c]`
 * @returns `[N, q, c]`
 */
export function mix(a: tf.Tensor3D, b: tf.Tensor3D): tf.Tensor3D {
  const run = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [left, right] = args as tf.Tensor3D[];
    (args[2] as tf.GradSaveFunc)([left, right]);
    return {
      value: tf.matMul(left, right),
      gradFunc: (dy: tf.Tensor, [x, y]: tf.Tensor[]) => [
        tf.matMul(dy, y, false, true),
        tf.matMul(transposed(x), dy),
      ],
    };
  });
  return run(a, b) as tf.Tensor3D;
}

const transposed = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [0, 2, 1]);
