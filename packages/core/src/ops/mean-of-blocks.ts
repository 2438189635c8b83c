import * as tf from '@tensorflow/tfjs-core';
import { type AxisMatrix, hasAxisTables, hasSparseRows, multiplyAxes } from './axis-matrices';
import type { Size } from './padding';
import { withAdjoint } from './with-adjoint';

/**
 * Sides of blocks whose reciprocal a float32 holds exactly or rounds up, so that repeating samples by `1 / side` steps never
 * takes the one before.
 */
const SIDES: readonly number[] = [1, 2, 3, 4];

/**
 * The sides of the whole blocks that a map shrinks by, where a mean over blocks is cheaper than products with matrices
 * that are nearly empty: of 512×512×3 to its half by TensorFlow 1 ms against 12, and its adjoint 2 against 11; on wasm the
 * adjoint 2 against 5. A GPU has one shader for either.
 */
export function wholeBlocks([height, width]: Size, [newHeight, newWidth]: Size): Size | undefined {
  const sides: Size = [height / newHeight, width / newWidth];
  return !hasAxisTables() && sides.every((side) => SIDES.includes(side)) ? sides : undefined;
}

/**
 * The mean over each block of `sides`: `area` by a whole ratio. The rows first, as the products do: sides that are powers of
 * two give the same bytes.
 *
 * @param matrix the products it stands for
 */
export function meanOfBlocks(
  x: tf.Tensor4D,
  [down, across]: Size,
  matrix: AxisMatrix,
): tf.Tensor4D {
  const [, height, width] = x.shape;
  const size: Size = [height / down, width / across];
  const means = (input: tf.Tensor4D): tf.Tensor4D => {
    if (hasSparseRows()) return multiplyAxes(input, size, matrix);
    const rows = pooled(input, [down, 1]);
    return pooled(rows, [1, across]);
  };
  return withAdjoint(x, means, (dy) =>
    tf.image.resizeNearestNeighbor(tf.mul<tf.Tensor4D>(dy, 1 / (down * across)), [height, width]),
  );
}

const pooled = (x: tf.Tensor4D, sides: [number, number]): tf.Tensor4D =>
  sides[0] === 1 && sides[1] === 1 ? x : tf.avgPool(x, sides, sides, 'valid');
