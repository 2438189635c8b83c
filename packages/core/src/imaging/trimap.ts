import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../ops/stop-gradient';

/**
 * Most likely class of each pixel as a trimap: 0 = background, 0.5 = unknown, 1 = foreground. No gradient
 * flows through it (it is a hard argmax, as in the paper).
 *
 * ```ts
 * import { trimapFromLogits } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const logits = tf.tensor4d([5, 0, 0, 0, 0, 5], [1, 1, 2, 3]);
 * console.log(await trimapFromLogits(logits).data()); // [0, 1]
 * ```
 *
 * @param logits `[N, H, W, 3]`, channels background, unknown, foreground
 * @returns `[N, H, W, 1]`
 */
export function trimapFromLogits(logits: tf.Tensor4D): tf.Tensor4D {
  return stopGradient(() =>
    tf.tidy(() => tf.expandDims(tf.mul(tf.cast(tf.argMax(logits, 3), 'float32'), 0.5), 3)),
  ) as tf.Tensor4D;
}
