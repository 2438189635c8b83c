import type * as tf from '@tensorflow/tfjs-core';
import { customGradient } from './custom-gradient';

/** Applies a linear map A whose gradient is written out: dx = Aᵀ dy. */
export function withAdjoint(
  x: tf.Tensor4D,
  forward: (x: tf.Tensor4D) => tf.Tensor4D,
  adjoint: (dy: tf.Tensor4D) => tf.Tensor4D,
): tf.Tensor4D {
  return customGradient([x], (x) => ({ value: forward(x) }), adjoint);
}
