import * as tf from '@tensorflow/tfjs-core';

/**
 * Runs `f` without recording it for gradients: its result is a constant to everything that follows, and `f`
 * may use operations that have no gradient, such as argmax.
 *
 * tfjs has no such function, and a custom gradient of zero is not enough: what follows would still be
 * differentiated, down to operations like `greater` that cannot be. The engine records only at kernel depth
 * 0, so this raises the depth, as the engine itself does around the forward pass of a custom gradient.
 *
 * ```ts
 * import { stopGradient } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const f = (x: tf.Tensor) => tf.mul(x, stopGradient(() => tf.square(x)));
 * console.log(await tf.grad(f)(tf.scalar(2)).array()); // 4, not 12: the square is a constant
 * ```
 */
export function stopGradient<T>(f: () => T): T {
  const { state } = tf.engine();
  state.kernelDepth++;
  try {
    return f();
  } finally {
    state.kernelDepth--;
  }
}
