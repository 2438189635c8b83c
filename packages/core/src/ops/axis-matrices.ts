import * as tf from '@tensorflow/tfjs-core';
import type { Size } from './padding';
import { SPARSE_ROWS, type SparseRows, sparseRows } from './sparse-rows';
import { AXIS_TABLES } from './webgpu/axis-tables';
import { withAdjoint } from './with-adjoint';

/** A constant matrix for the rows (axis 0) or the columns (axis 1) of a map. */
export interface AxisMatrix {
  /** Two of one name are the same function. */
  readonly name: string;
  /** Row-major `[to, from]`; undefined leaves the axis as it is. */
  of(from: number, to: number, axis: 0 | 1): Float32Array | undefined;
}

/** Whether the backend multiplies by the few weights that are not zero, in this thread. */
export const hasSparseRows = (): boolean =>
  tf.getKernel(SPARSE_ROWS, tf.getBackend()) !== undefined;

/** Whether the backend multiplies both axes in one pass. */
export const hasAxisTables = (): boolean =>
  tf.getKernel(AXIS_TABLES, tf.getBackend()) !== undefined;

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
  return applyAxes(dy, size, {
    name: `${matrix.name} adjoint`,
    of(from, to, axis) {
      const forward = matrix.of(to, from, axis);
      return forward && transpose(forward, from, to);
    },
  });
}

/** Whether {@link plusAxes} is there. */
export const addsEnlarged = hasAxisTables;

/** A map times the matrices of both axes, plus another one of the size that comes out, in one pass. */
export function plusAxes(x: tf.Tensor4D, plus: tf.Tensor4D, matrix: AxisMatrix): tf.Tensor4D {
  const vertical = keptRows(matrix, x.shape[1], plus.shape[1], 0);
  const horizontal = keptRows(matrix, x.shape[2], plus.shape[2], 1);
  const attributes = { vertical, horizontal } as unknown as tf.NamedAttrMap;
  return tf.engine().runKernel<tf.Tensor4D>(AXIS_TABLES, { x, plus }, attributes);
}

function applyAxes(x: tf.Tensor4D, [newHeight, newWidth]: Size, matrix: AxisMatrix): tf.Tensor4D {
  return tf.tidy(() => {
    const [n, height, width, channels] = x.shape;
    if (hasAxisTables()) {
      const vertical = keptRows(matrix, height, newHeight, 0);
      const horizontal = keptRows(matrix, width, newWidth, 1);
      if (vertical === undefined && horizontal === undefined) return tf.clone(x);
      const attributes = { vertical, horizontal } as unknown as tf.NamedAttrMap;
      return tf.engine().runKernel<tf.Tensor4D>(AXIS_TABLES, { x }, attributes);
    }
    let y: tf.Tensor = x;
    const inner = width * channels;
    y =
      multiplySparsely(y, matrix, 0, n, height, newHeight, inner) ??
      multiplyRows(matrix.of(height, newHeight, 0), y, n, height, newHeight, inner);
    const batch = n * newHeight;
    y =
      multiplySparsely(y, matrix, 1, batch, width, newWidth, channels) ??
      multiplyColumns(matrix.of(width, newWidth, 1), y, batch, width, newWidth, channels);
    return tf.reshape(y, [n, newHeight, newWidth, channels]) as tf.Tensor4D;
  });
}

/** How many weights of a matrix product a loop does in the time of one of its own. */
const PRODUCT_SPEED = 12;

/** `[to, from] × [batch, from, inner]`, where a backend has the kernel and the weights are few. */
function multiplySparsely(
  x: tf.Tensor,
  matrix: AxisMatrix,
  axis: 0 | 1,
  batch: number,
  from: number,
  to: number,
  inner: number,
): tf.Tensor | undefined {
  if (!hasSparseRows()) return undefined;
  const rows = keptRows(matrix, from, to, axis);
  if (rows === undefined) return x;
  if (rows.weights.length * PRODUCT_SPEED > from * to && from * to > 4096) return undefined;
  const attributes = { rows, batch, inner } as unknown as tf.NamedAttrMap;
  return tf.engine().runKernel<tf.Tensor>(SPARSE_ROWS, { x }, attributes);
}

/** Matrices of the sizes that were seen last: a step of a search asks for the same forty again and again. */
const kept = new Map<string, SparseRows | undefined>();
const MOST_KEPT = 256;

function keptRows(
  matrix: AxisMatrix,
  from: number,
  to: number,
  axis: 0 | 1,
): SparseRows | undefined {
  const key = `${matrix.name}, ${axis}: ${from} to ${to}`;
  const make = () => {
    const dense = matrix.of(from, to, axis);
    return dense && sparseRows(dense, to, from);
  };
  const rows = kept.has(key) ? kept.get(key) : make();
  // The oldest goes first.
  kept.delete(key);
  kept.set(key, rows);
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value as string);
  return rows;
}

/** `[to, from] × [n, from, inner]`. */
function multiplyRows(
  matrix: Float32Array | undefined,
  x: tf.Tensor,
  n: number,
  from: number,
  to: number,
  inner: number,
): tf.Tensor {
  if (matrix === undefined) return x;
  const rows = tf.tensor2d(matrix, [to, from]);
  const images = n === 1 ? [x] : tf.split(x, n);
  const scaled = images.map((image) => tf.matMul(rows, tf.reshape(image, [from, inner])));
  return n === 1 ? scaled[0] : tf.stack(scaled);
}

/** `[newWidth, width] × [B, width, C]` for every B. */
function multiplyColumns(
  matrix: Float32Array | undefined,
  x: tf.Tensor,
  batch: number,
  width: number,
  newWidth: number,
  channels: number,
): tf.Tensor {
  if (matrix === undefined) return x;
  const columns = tf.tensor2d(matrix, [newWidth, width]);
  const map = tf.reshape(x, [batch, width, channels]);
  // One large product instead of `batch` small ones: move the width to the front.
  const front = tf.reshape(tf.transpose(map, [1, 0, 2]), [width, batch * channels]) as tf.Tensor2D;
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
