import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../ops/stop-gradient';

/**
 * Most likely class of each pixel as a trimap: 0 = background, 0.5 = unknown, 1 = foreground. No gradient
 * flows through it (it is a hard argmax, as in the paper).
 *
 * @param logits `[N, H, W, 3]`, channels background, unknown, foreground
 * @returns `[N, H, W, 1]`
 */
export function trimapFromLogits(logits: tf.Tensor4D): tf.Tensor4D {
  return stopGradient(() =>
    tf.tidy(() => tf.expandDims(tf.mul(tf.cast(tf.argMax(logits, 3), 'float32'), 0.5), 3)),
  ) as tf.Tensor4D;
}
