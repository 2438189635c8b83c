import * as tf from '@tensorflow/tfjs-core';

/** How samples are weighted. `area` averages when shrinking and is bilinear when enlarging. */
export type ResizeMethod = 'bilinear' | 'area';

/**
 * Resizes with half-pixel centres (PyTorch's `align_corners=False`), differentiably.
 *
 * Written as two matrix products with constant interpolation matrices, because the gradient of tfjs's
 * half-pixel `resizeBilinear` is silently wrong on every backend.
 *
 * @param x `[N, H, W, C]`
 * @param size `[height, width]` of the result
 * @param method default `'bilinear'`: two taps per axis, no low-pass when shrinking, as PyTorch;
 *   `'area'`: box average over the source footprint where an axis shrinks
 */
export function resize(
  x: tf.Tensor4D,
  size: readonly [height: number, width: number],
  method: ResizeMethod = 'bilinear',
): tf.Tensor4D {
  const [n, height, width, channels] = x.shape;
  const [newHeight, newWidth] = size;
  return tf.tidy(() => {
    let y: tf.Tensor = x;
    if (height !== newHeight) {
      const rows = tf.tensor2d(resizeMatrix(height, newHeight, method), [newHeight, height]);
      // [newH, H] × [N, H, W·C]: broadcast over the batch.
      const flat = tf.reshape(y, [n, height, width * channels]);
      y =
        n === 1
          ? tf.expandDims(tf.matMul(rows, tf.reshape(flat, [height, width * channels])), 0)
          : tf.matMul(tf.tile(tf.expandDims(rows, 0), [n, 1, 1]), flat as tf.Tensor3D);
    }
    if (width !== newWidth) {
      const columns = tf.tensor2d(resizeMatrix(width, newWidth, method), [newWidth, width]);
      const flat = tf.reshape(y, [n * newHeight, width, channels]) as tf.Tensor3D;
      y = multiplyColumns(columns, flat);
    }
    return tf.reshape(y, [n, newHeight, newWidth, channels]) as tf.Tensor4D;
  });
}

/** `[newWidth, width] × [B, width, C]` for every B. */
function multiplyColumns(columns: tf.Tensor2D, x: tf.Tensor3D): tf.Tensor {
  const [batch, width, channels] = x.shape;
  const newWidth = columns.shape[0];
  // One large product instead of `batch` small ones: move the width to the front.
  const front = tf.reshape(tf.transpose(x, [1, 0, 2]), [width, batch * channels]) as tf.Tensor2D;
  const product = tf.reshape(tf.matMul(columns, front), [newWidth, batch, channels]);
  return tf.transpose(product, [1, 0, 2]);
}

/** Row-major `[to, from]`; each row sums to 1. */
export function resizeMatrix(from: number, to: number, method: ResizeMethod): Float32Array {
  const matrix = new Float32Array(to * from);
  const scale = from / to;
  for (let i = 0; i < to; i++) {
    if (method === 'area' && scale > 1) {
      const start = i * scale;
      const end = (i + 1) * scale;
      for (let j = Math.floor(start); j < Math.min(from, Math.ceil(end)); j++) {
        matrix[i * from + j] = (Math.min(end, j + 1) - Math.max(start, j)) / scale;
      }
    } else {
      const center = Math.max(0, (i + 0.5) * scale - 0.5);
      const low = Math.min(from - 1, Math.floor(center));
      const high = Math.min(from - 1, low + 1);
      const fraction = center - low;
      matrix[i * from + low] += 1 - fraction;
      matrix[i * from + high] += fraction;
    }
  }
  return matrix;
}
