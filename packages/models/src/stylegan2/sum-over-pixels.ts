import * as tf from '@tensorflow/tfjs-core';

/**
 * `[N, H, W, C]` → `[N, C]`. As two average pools, rows then columns: twenty times faster than `tf.sum` on wasm,
 * which transposes the map first, and each partial sum has few terms, so that float32 rounding stays small.
 */
export function sumOverPixels(x: tf.Tensor4D): tf.Tensor2D {
  return tf.tidy(() => {
    const [n, height, width, channels] = x.shape;
    const rows = tf.avgPool(x, [1, width], 1, 'valid');
    const mean = tf.avgPool(rows, [height, 1], 1, 'valid');
    return tf.mul(tf.reshape(mean, [n, channels]), height * width);
  });
}

/** `[N, C]` → `[N, 1, 1, C]`, to scale the channels of a map. */
export function perChannel(x: tf.Tensor): tf.Tensor4D {
  const [n, channels] = x.shape;
  return tf.reshape(x, [n, 1, 1, channels]);
}
