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
  const [, height, width] = x.shape;
  const [newHeight, newWidth] = size;
  if (height === newHeight && width === newWidth) return tf.clone(x);
  const run = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => ({
    value: applyAxes(args[0] as tf.Tensor4D, size, (from, to) => resizeMatrix(from, to, method)),
    // The adjoint of two matrix products is the product with the transposed matrices. Written out, because
    // the stock gradient multiplies with `transposeA`, which is ten times slower on wasm.
    gradFunc: (dy: tf.Tensor) =>
      applyAxes(dy as tf.Tensor4D, [height, width], (from, to) =>
        transpose(resizeMatrix(to, from, method), from, to),
      ),
  }));
  return run(x) as tf.Tensor4D;
}

/** Multiplies rows, then columns, with the matrices `[to, from]` that `matrix` gives. */
function applyAxes(
  x: tf.Tensor4D,
  [newHeight, newWidth]: readonly [number, number],
  matrix: (from: number, to: number) => Float32Array,
): tf.Tensor4D {
  return tf.tidy(() => {
    const [n, height, width, channels] = x.shape;
    let y: tf.Tensor = x;
    if (height !== newHeight) {
      const rows = tf.tensor2d(matrix(height, newHeight), [newHeight, height]);
      const images = n === 1 ? [y] : tf.split(y, n);
      const scaled = images.map((image) =>
        tf.matMul(rows, tf.reshape(image, [height, width * channels])),
      );
      y = n === 1 ? scaled[0] : tf.stack(scaled);
    }
    if (width !== newWidth) {
      const columns = tf.tensor2d(matrix(width, newWidth), [newWidth, width]);
      y = multiplyColumns(columns, tf.reshape(y, [n * newHeight, width, channels]));
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

/** `[rows, columns]` → `[columns, rows]`. */
function transpose(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(matrix.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j];
  }
  return result;
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
