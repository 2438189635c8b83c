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
  if (width === newWidth && height === newHeight && method !== 'lanczos4') {
    yield* copiedRows(rows, width * channels);
    return;
  }
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
  const isSquare = width === height && newWidth === newHeight;
  const vertical = isSquare ? horizontal : weightsOf(height, newHeight, method);
  const result = new Float32Array(newWidth * channels);
  // Source rows at their new width, as long as some row to come needs them.
  const resized = new Map<number, Float32Array>();
  const spare: Float32Array[] = [];
  const seen: Float32Array[] = [];
  for (let y = 0; y < newHeight; y++) {
    const [from, to] = [vertical.offsets[y], vertical.offsets[y + 1]];
    for (const [row, values] of resized) {
      if (row >= vertical.columns[from]) continue;
      resized.delete(row);
      spare.push(values);
    }
    seen.length = 0;
    for (let k = from; k < to; k++) {
      const row = vertical.columns[k];
      let values = resized.get(row);
      if (values === undefined) {
        values = spare.pop() ?? new Float32Array(newWidth * channels);
        multiplySparseRows(sourceRow(row), values, horizontal, 1, channels);
        resized.set(row, values);
      }
      seen.push(values);
    }
    sumRows(result, seen, vertical.weights.subarray(from, to));
    yield result;
  }
}

/** A picture of its own size: every other method leaves samples as they are, `lanczos4` but for rounding. */
function* copiedRows(
  rows: () => Iterable<Float32Array>,
  length: number,
): Generator<Float32Array, void, void> {
  const copy = new Float32Array(length);
  for (const row of rows()) {
    copy.set(row);
    yield copy;
  }
}

/**
 * The weighted sum of rows, which are a few. Four in a pass, rounded after each, as adding one after the other would do: what
 * is read and written again for each costs more than its product.
 */
function sumRows(result: Float32Array, rows: readonly Float32Array[], weights: Float32Array): void {
  const { fround } = Math;
  for (let k = 0; k < rows.length; k += 4) {
    const left = rows.length - k;
    const a = rows[k];
    const b = left > 1 ? rows[k + 1] : a;
    const c = left > 2 ? rows[k + 2] : a;
    const d = left > 3 ? rows[k + 3] : a;
    // A weight that is missing is 0, of a row that is there.
    const u = weights[k];
    const v = left > 1 ? weights[k + 1] : 0;
    const w = left > 2 ? weights[k + 2] : 0;
    const z = left > 3 ? weights[k + 3] : 0;
    for (let i = 0; i < result.length; i++) {
      const before = k === 0 ? 0 : result[i];
      const first = fround(fround(before + u * a[i]) + v * b[i]);
      result[i] = fround(first + w * c[i]) + z * d[i];
    }
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
