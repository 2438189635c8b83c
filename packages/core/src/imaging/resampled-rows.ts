import type { FloatImage } from '../contracts';
import type { Size } from '../ops/padding';
import { type ResizeMethod, resizeMatrix } from '../ops/resize-matrix';
import { multiplySparseRows, type SparseRows, sparseRows } from '../ops/sparse-rows';
import { isOfRows, type Picture, readRows, rowsOf } from './picture-rows';
import { toFloatImage } from './plain-raster';

/**
 * The rows of a plain picture resized, from the top: what `resize` computes on tensors, without a tensor of
 * the size of a photograph, and without holding the result.
 *
 * @param size `[height, width]` of the result
 * @returns rows of `width · channels` values, in an array that the next row overwrites
 */
export function* resampledRows(
  image: Picture,
  [newHeight, newWidth]: Size,
  method: ResizeMethod,
): Generator<Float32Array, void, void> {
  const { width, height, channels, rows } = rowsOf(image);
  let source = rows()[Symbol.iterator]();
  let next = 0;
  const sourceRow = (y: number): Float32Array => {
    if (y < next) {
      // Seldom: at its border a cubic kernel asks for rows it has let go.
      source = rows()[Symbol.iterator]();
      next = 0;
    }
    for (; next < y; next++) source.next();
    next++;
    return source.next().value as Float32Array;
  };
  const horizontal = weightsOf(width, newWidth, method);
  const vertical = weightsOf(height, newHeight, method);
  const result = new Float32Array(newWidth * channels);
  // Source rows at their new width, as long as some row to come needs them.
  const resized = new Map<number, Float32Array>();
  const spare: Float32Array[] = [];
  for (let y = 0; y < newHeight; y++) {
    const [from, to] = [vertical.offsets[y], vertical.offsets[y + 1]];
    for (const [row, values] of resized) {
      if (row >= vertical.columns[from]) continue;
      resized.delete(row);
      spare.push(values);
    }
    result.fill(0);
    for (let k = from; k < to; k++) {
      const row = vertical.columns[k];
      let values = resized.get(row);
      if (values === undefined) {
        values = spare.pop() ?? new Float32Array(newWidth * channels);
        multiplySparseRows(sourceRow(row), values, horizontal, 1, channels);
        resized.set(row, values);
      }
      const weight = vertical.weights[k];
      for (let i = 0; i < result.length; i++) result[i] += weight * values[i];
    }
    yield result;
  }
}

/** A plain picture resized; see {@link resampledRows}. The same picture when it has that size. */
export function resizeImage(image: Picture, size: Size, method: ResizeMethod): FloatImage {
  const [height, width] = size;
  if (image.height === height && image.width === width) {
    return 'rows' in image || isOfRows(image) ? readRows(image) : toFloatImage(image);
  }
  const { channels } = image;
  const data = new Float32Array(width * height * channels);
  let at = 0;
  for (const row of resampledRows(image, size, method)) {
    data.set(row, at);
    at += row.length;
  }
  return { width, height, channels, data };
}

function weightsOf(from: number, to: number, method: ResizeMethod): SparseRows {
  return sparseRows(resizeMatrix(from, to, method), to, from);
}
