import * as tf from '@tensorflow/tfjs-core';
import type { Size } from './padding';
import { SPARSE_ROWS, sparseRows } from './sparse-rows';
import { withAdjoint } from './with-adjoint';

/** Row-major `[to, from]`, for the rows (axis 0) or the columns (axis 1); undefined leaves the axis as it is. */
export type AxisMatrix = (from: number, to: number, axis: 0 | 1) => Float32Array | undefined;

/** Whether the backend multiplies by the few weights that are not zero. */
export const hasSparseRows = (): boolean =>
  tf.getKernel(SPARSE_ROWS, tf.getBackend()) !== undefined;

/**
 * Multiplies the rows, then the columns of a map with constant matrices; where most weights are zero and the backend
 * computes in this thread, only by the others.
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
  return applyAxes(dy, size, (from, to, axis) => {
    const forward = matrix(to, from, axis);
    return forward && transpose(forward, from, to);
  });
}

function applyAxes(x: tf.Tensor4D, [newHeight, newWidth]: Size, matrix: AxisMatrix): tf.Tensor4D {
  return tf.tidy(() => {
    const [n, height, width, channels] = x.shape;
    let y: tf.Tensor = x;
    const vertical = matrix(height, newHeight, 0);
    if (vertical !== undefined) {
      y =
        multiplySparsely(y, vertical, n, height, newHeight, width * channels) ??
        multiplyRows(vertical, y, n, height, newHeight, width * channels);
    }
    const horizontal = matrix(width, newWidth, 1);
    if (horizontal !== undefined) {
      const batch = n * newHeight;
      y =
        multiplySparsely(y, horizontal, batch, width, newWidth, channels) ??
        multiplyColumns(
          tf.tensor2d(horizontal, [newWidth, width]),
          tf.reshape(y, [batch, width, channels]),
        );
    }
    return tf.reshape(y, [n, newHeight, newWidth, channels]) as tf.Tensor4D;
  });
}

/** How many weights of a matrix product a loop does in the time of one of its own. */
const PRODUCT_SPEED = 12;

/** `[to, from] × [batch, from, inner]`, where a backend has the kernel and the weights are few. */
function multiplySparsely(
  x: tf.Tensor,
  matrix: Float32Array,
  batch: number,
  from: number,
  to: number,
  inner: number,
): tf.Tensor | undefined {
  if (!hasSparseRows()) return undefined;
  const rows = sparseRows(matrix, to, from);
  if (rows.weights.length * PRODUCT_SPEED > matrix.length && matrix.length > 4096) return undefined;
  const attributes = { rows, batch, inner } as unknown as tf.NamedAttrMap;
  return tf.engine().runKernel<tf.Tensor>(SPARSE_ROWS, { x }, attributes);
}

/** `[to, from] × [n, from, inner]`. */
function multiplyRows(
  matrix: Float32Array,
  x: tf.Tensor,
  n: number,
  from: number,
  to: number,
  inner: number,
): tf.Tensor {
  const rows = tf.tensor2d(matrix, [to, from]);
  const images = n === 1 ? [x] : tf.split(x, n);
  const scaled = images.map((image) => tf.matMul(rows, tf.reshape(image, [from, inner])));
  return n === 1 ? scaled[0] : tf.stack(scaled);
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
