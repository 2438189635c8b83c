import * as tf from '@tensorflow/tfjs-core';

/** Against a division by zero, as in PyTorch's `clip_grad_norm_`. */
const EPSILON = 1e-6;

/**
 * √Σ g² over all values of all gradients. The scalar is the caller's.
 *
 * ```ts
 * import { globalNorm } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * console.log(await globalNorm([tf.scalar(3), tf.scalar(4)]).array()); // 5
 * ```
 */
export function globalNorm(gradients: readonly tf.Tensor[]): tf.Scalar {
  return tf.tidy(() => tf.sqrt(tf.addN(gradients.map((g) => tf.sum(tf.square(g))))) as tf.Scalar);
}

/**
 * Gradients scaled so that their {@link globalNorm} is at most `maxNorm`: g · min(1, maxNorm / (‖g‖ + 1e-6)).
 *
 * ```ts
 * import { clipByGlobalNorm } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const [clipped] = clipByGlobalNorm([tf.tensor1d([3, 4])], 1);
 * console.log(await clipped.data()); // [0.6, 0.8]
 * ```
 *
 * @param norm of the gradients, when it is known already
 * @returns new tensors, the caller's; the inputs are not disposed
 */
export function clipByGlobalNorm(
  gradients: readonly tf.Tensor[],
  maxNorm: number,
  norm?: tf.Scalar,
): tf.Tensor[] {
  return tf.tidy(() => {
    const length = norm ?? globalNorm(gradients);
    const scale = tf.minimum(1, tf.div(maxNorm, tf.add(length, EPSILON)));
    return gradients.map((g) => tf.mul(g, scale));
  });
}
