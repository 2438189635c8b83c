import * as tf from '@tensorflow/tfjs-core';
import type { Size } from './padding';
import { withAdjoint } from './with-adjoint';

/** Row-major `[to, from]`; undefined leaves the axis as it is. */
export type AxisMatrix = (from: number, to: number) => Float32Array | undefined;

/**
 * Multiplies the rows, then the columns of a map with constant matrices.
 *
 * The adjoint of two matrix products is the product with the transposed matrices. It is written out, because
 * the stock gradient multiplies with `transposeA`, which is ten times slower on wasm.
 */
export function multiplyAxes(x: tf.Tensor4D, size: Size, matrix: AxisMatrix): tf.Tensor4D {
  const [, height, width] = x.shape;
  return withAdjoint(
    x,
    (input) => applyAxes(input, size, matrix),
    (dy) => multiplyAxesAdjoint(dy, [height, width], matrix),
  );
}

/** The adjoint of {@link multiplyAxes}: products with the transposed matrices, back to a map of `size`. */
export function multiplyAxesAdjoint(dy: tf.Tensor4D, size: Size, matrix: AxisMatrix): tf.Tensor4D {
  return applyAxes(dy, size, (from, to) => {
    const forward = matrix(to, from);
    return forward && transpose(forward, from, to);
  });
}

function applyAxes(x: tf.Tensor4D, [newHeight, newWidth]: Size, matrix: AxisMatrix): tf.Tensor4D {
  return tf.tidy(() => {
    const [n, height, width, channels] = x.shape;
    let y: tf.Tensor = x;
    const vertical = matrix(height, newHeight);
    if (vertical !== undefined) {
      const rows = tf.tensor2d(vertical, [newHeight, height]);
      const images = n === 1 ? [y] : tf.split(y, n);
      const scaled = images.map((image) =>
        tf.matMul(rows, tf.reshape(image, [height, width * channels])),
      );
      y = n === 1 ? scaled[0] : tf.stack(scaled);
    }
    const horizontal = matrix(width, newWidth);
    if (horizontal !== undefined) {
      const columns = tf.tensor2d(horizontal, [newWidth, width]);
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
