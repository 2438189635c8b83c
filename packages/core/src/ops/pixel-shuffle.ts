import * as tf from '@tensorflow/tfjs-core';

/**
 * `[N, H, W, C]` → `[N, H/2, W/2, 4C]`, channels ordered (row, column, c). Exact inverse of
 * {@link pixelShuffle}. Followed by a 1×1 convolution it is a 2×2 convolution with stride 2.
 *
 * Written as two 4-D transposes because `depthToSpace` has no gradient in tfjs and ranks above 4 are slow.
 */
export function pixelUnshuffle(x: tf.Tensor4D): tf.Tensor4D {
  const [n, height, width, channels] = x.shape;
  const rows = tf.reshape(x, [(n * height) / 2, 2, width / 2, 2 * channels]);
  return tf.reshape(tf.transpose(rows, [0, 2, 1, 3]), [n, height / 2, width / 2, 4 * channels]);
}

/** `[N, H, W, 4C]` → `[N, 2H, 2W, C]`, channels ordered (row, column, c). */
export function pixelShuffle(x: tf.Tensor4D): tf.Tensor4D {
  const [n, height, width, channels] = x.shape;
  const rows = tf.reshape(x, [n * height, width, 2, channels / 2]);
  return tf.reshape(tf.transpose(rows, [0, 2, 1, 3]), [n, 2 * height, 2 * width, channels / 4]);
}
