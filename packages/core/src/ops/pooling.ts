import * as tf from '@tensorflow/tfjs-core';
import { InvalidOptionError } from '../errors';
import {
  type AxisMatrix,
  hasAxisTables,
  hasSparseRows,
  multiplyAxes,
  multiplyAxesAdjoint,
} from './axis-matrices';
import { installCorrections } from './corrections/install-corrections';
import { assertPositive, type Borders, padZeros, type Size } from './padding';
import { adaptiveAverageMatrix } from './resize-matrix';
import { channelSums } from './webgpu/channel-sums';
import { withAdjoint } from './with-adjoint';

export interface PoolOptions {
  /** Side of the square window. */
  size: number;
  /** Default: `size`. */
  stride?: number;
  /** At every border, at most half of `size`. Default 0. */
  padding?: number;
  /** Also windows that reach over the lower and right end. Default false. */
  ceilMode?: boolean;
}

export interface AveragePoolOptions extends PoolOptions {
  /** Whether padding counts in the mean (PyTorch's `count_include_pad`). Default true. */
  countIncludePadding?: boolean;
}

/** Below every value of a network. */
const LOWEST = -3.4e38;

/**
 * PyTorch's `MaxPool2d`.
 *
 * ```ts
 * import { maxPool } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const x = tf.tensor4d([1, 3, 5, 7], [1, 2, 2, 1]);
 * console.log(await maxPool(x, { size: 2 }).data()); // [7]
 * ```
 *
 * @param x `[N, H, W, C]`
 * @throws InvalidOptionError options out of range, or a window larger than the padded map
 */
export function maxPool(x: tf.Tensor4D, options: PoolOptions): tf.Tensor4D {
  // The stock gradient on wasm is wrong.
  installCorrections();
  const { size, stride, borders } = windowsOf(x, options);
  const padded = borders.some((border) => border !== 0) ? padWith(x, borders, LOWEST) : x;
  return tf.maxPool(padded, size, stride, 'valid');
}

/**
 * PyTorch's `AvgPool2d`.
 *
 * ```ts
 * import { averagePool } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const x = tf.tensor4d([1, 3, 5, 7], [1, 2, 2, 1]);
 * console.log(await averagePool(x, { size: 2 }).data()); // [4]
 * ```
 *
 * @param x `[N, H, W, C]`
 * @throws InvalidOptionError options out of range, or a window larger than the padded map
 */
export function averagePool(x: tf.Tensor4D, options: AveragePoolOptions): tf.Tensor4D {
  const { size, stride, padding, borders, out } = windowsOf(x, options);
  const margin = (options.countIncludePadding ?? true) ? padding : 0;
  const rows = counts(out[0], x.shape[1], size, stride, padding, margin);
  const columns = counts(out[1], x.shape[2], size, stride, padding, margin);
  const plain = [...rows, ...columns].every((count) => count === size);
  const mean = (input: tf.Tensor4D): tf.Tensor4D => {
    const y: tf.Tensor4D = tf.avgPool(padZeros(input, borders), size, stride, 'valid');
    if (plain) return y;
    const factors = rows.flatMap((row) => columns.map((column) => (size * size) / (row * column)));
    return tf.mul(y, tf.tensor4d(factors, [1, out[0], out[1], 1]));
  };
  if (!hasSparseRows()) return mean(x);
  const matrix: AxisMatrix = {
    name: `windows ${size} ${stride} ${padding} ${margin}`,
    of: (from, to, axis) =>
      windowMatrix(from, to, axis === 0 ? rows : columns, size, stride, padding),
  };
  return withAdjoint(x, mean, (dy) => multiplyAxesAdjoint(dy, [x.shape[1], x.shape[2]], matrix));
}

/** Row-major `[to, from]`: the mean over each window along an axis. */
function windowMatrix(
  from: number,
  to: number,
  counted: readonly number[],
  size: number,
  stride: number,
  padding: number,
): Float32Array {
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const start = i * stride - padding;
    const end = Math.min(from, start + size);
    matrix.fill(1 / counted[i], i * from + Math.max(0, start), i * from + end);
  }
  return matrix;
}

/**
 * PyTorch's `AdaptiveAvgPool2d`, which is also its `interpolate(mode='area')`.
 *
 * ```ts
 * import { adaptiveAveragePool } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const x = tf.tensor4d([1, 2, 6], [1, 1, 3, 1]);
 * console.log(await adaptiveAveragePool(x, [1, 2]).data()); // [1.5, 4]: the windows overlap
 * ```
 *
 * @param x `[N, H, W, C]`
 * @param size `[height, width]` of the result
 */
export function adaptiveAveragePool(x: tf.Tensor4D, size: Size): tf.Tensor4D {
  assertPositive(size[0], 'height');
  assertPositive(size[1], 'width');
  if (size[0] === x.shape[1] && size[1] === x.shape[2]) return tf.clone(x);
  const matrix: AxisMatrix = {
    name: 'adaptive average',
    of: (from, to) => (from === to ? undefined : adaptiveAverageMatrix(from, to)),
  };
  const [, height, width] = x.shape;
  if (height % size[0] !== 0 || width % size[1] !== 0) return multiplyAxes(x, size, matrix);
  const window: [number, number] = [height / size[0], width / size[1]];
  const isOne = size[0] === 1 && size[1] === 1;
  // Two products with a row of ones, and all that moves around them, where neither a shader nor a loop takes their place.
  const spreads = isOne && !hasAxisTables() && !hasSparseRows();
  return withAdjoint(
    x,
    (input) =>
      (isOne ? channelSums([input], 1 / (height * width)) : undefined) ??
      tf.avgPool(input, window, window, 'valid'),
    (dy) =>
      spreads
        ? tf.tile(tf.mul<tf.Tensor4D>(dy, 1 / (height * width)), [1, height, width, 1])
        : multiplyAxesAdjoint(dy, [height, width], matrix),
  );
}

/** Samples per window that count: inside the map extended by `margin` at both ends. */
function counts(
  out: number,
  length: number,
  size: number,
  stride: number,
  padding: number,
  margin: number,
): number[] {
  return Array.from({ length: out }, (_, i) => {
    const start = i * stride - padding;
    return Math.min(start + size, length + margin) - Math.max(start, -margin);
  });
}

interface Windows {
  readonly size: number;
  readonly stride: number;
  readonly padding: number;
  /** Chosen so that `'valid'` windows cover the map. */
  readonly borders: Borders;
  readonly out: Size;
}

function windowsOf(x: tf.Tensor4D, options: PoolOptions): Windows {
  const { size, stride = size, padding = 0, ceilMode = false } = options;
  assertPositive(size, 'window size');
  assertPositive(stride, 'stride');
  if (!Number.isInteger(padding) || padding < 0 || padding > size / 2) {
    throw new InvalidOptionError(
      `The padding ${padding} is not a whole number from 0 to half of the window size ${size}.`,
      'Pad the map beforehand for more.',
    );
  }
  const along = (length: number): { out: number; after: number } => {
    const steps = (length + 2 * padding - size) / stride;
    let out = (ceilMode ? Math.ceil(steps) : Math.floor(steps)) + 1;
    // A window has to begin inside the map or its leading border.
    if (ceilMode && (out - 1) * stride >= length + padding) out--;
    return { out, after: Math.max(0, (out - 1) * stride + size - length - padding) };
  };
  const [rows, columns] = [along(x.shape[1]), along(x.shape[2])];
  if (rows.out < 1 || columns.out < 1) {
    throw new InvalidOptionError(
      `A window of ${size} is larger than the padded ${x.shape[1]}×${x.shape[2]} map.`,
      'Use a larger map or a smaller window.',
    );
  }
  const borders: Borders = [padding, rows.after, padding, columns.after];
  return { size, stride, padding, borders, out: [rows.out, columns.out] };
}

function padWith(x: tf.Tensor4D, [top, bottom, left, right]: Borders, value: number): tf.Tensor4D {
  const paddings: [number, number][] = [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
  return tf.pad(x, paddings, value);
}
