import * as tf from '@tensorflow/tfjs-core';

/**
 * `[N, H, W, C]` → `[N, H/s, W/s, s²C]`, channels ordered (row, column, c). Exact inverse of
 * {@link pixelShuffle}. Followed by a 1×1 convolution it is an s×s convolution with stride s.
 *
 * Written as one 4-D transpose because `depthToSpace` has no gradient in tfjs and ranks above 4 are slow.
 *
 * ```ts
 * import { pixelUnshuffle } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * console.log(pixelUnshuffle(tf.ones([1, 4, 4, 1])).shape); // [1, 2, 2, 4]
 * ```
 *
 * @param s default 2
 */
export function pixelUnshuffle(x: tf.Tensor4D, s = 2): tf.Tensor4D {
  const [n, height, width, channels] = x.shape;
  const rows = tf.reshape(x, [(n * height) / s, s, width / s, s * channels]);
  return tf.reshape(tf.transpose(rows, [0, 2, 1, 3]), [n, height / s, width / s, s * s * channels]);
}

/**
 * `[N, H, W, s²C]` → `[N, sH, sW, C]`, channels ordered (row, column, c): not as PyTorch, which has c first.
 *
 * ```ts
 * import { pixelShuffle } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * console.log(pixelShuffle(tf.ones([1, 2, 2, 4])).shape); // [1, 4, 4, 1]
 * ```
 */
export function pixelShuffle(x: tf.Tensor4D, s = 2): tf.Tensor4D {
  const [n, height, width, channels] = x.shape;
  const rows = tf.reshape(x, [n * height, width, s, channels / s]);
  return tf.reshape(tf.transpose(rows, [0, 2, 1, 3]), [
    n,
    s * height,
    s * width,
    channels / (s * s),
  ]);
}
