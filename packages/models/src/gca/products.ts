import { customGradient } from '@latent-matte/core/ops';
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
  return customGradient(
    [a, b],
    (a, b) => ({ value: tf.matMul(a, b, false, true), saved: [a, b] }),
    (dy, [a, b]) => [tf.matMul(dy, b), tf.matMul(transposed(dy), a)],
  );
}

/**
 * A B, with the gradient dB = Aᵀ dY written as in {@link similarity}.
 *
 * @param a `[N, q, p]`
 * @param b `[N, p, c]`
 * @returns `[N, q, c]`
 */
export function mix(a: tf.Tensor3D, b: tf.Tensor3D): tf.Tensor3D {
  return customGradient(
    [a, b],
    (a, b) => ({ value: tf.matMul(a, b), saved: [a, b] }),
    (dy, [a, b]) => [tf.matMul(dy, b, false, true), tf.matMul(transposed(a), dy)],
  );
}

const transposed = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [0, 2, 1]);
