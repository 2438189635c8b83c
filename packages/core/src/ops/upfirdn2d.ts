import * as tf from '@tensorflow/tfjs-core';
import { InvalidOptionError } from '../errors';
import { correlateDepthwise } from './depthwise-convolution';
import { insertZeros } from './linear-convolution';
import { assertPositive, type Borders, bordersOf, outputSize, type Size } from './padding';
import { withAdjoint } from './with-adjoint';

export interface UpfirdnOptions {
  /** Zeros are inserted so that the map grows by this factor. Default 1. */
  up?: number;
  /** Every how many samples of the result are kept. Default 1. */
  down?: number;
  /** Zeros around the enlarged map, one number or `[top, bottom, left, right]`; negative crops. Default 0. */
  padding?: number | Borders;
  /** Factor of the result. Default 1. */
  gain?: number;
}

/**
 * Upsample by inserting zeros, pad, convolve each channel with a constant kernel, keep every `down`-th sample:
 * `upfirdn2d` of StyleGAN2 (`torch_utils/ops/upfirdn2d.py`, `flip_filter=False`). A kernel that is an outer
 * product runs as two passes of one axis each.
 *
 * ```ts
 * import { upfirdn2d } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const taps = [1, 3, 3, 1].map((tap) => tap / 8);
 * // StyleGAN2's enlargement by two; the gain makes up for the zeros in between.
 * const y = upfirdn2d(tf.ones([1, 16, 16, 3]), taps, { up: 2, padding: [2, 1, 2, 1], gain: 4 });
 * console.log(y.shape); // [1, 32, 32, 3]
 * ```
 *
 * @param x `[N, H, W, C]`
 * @param kernel rows, or the taps of both axes of a separable kernel; used as given, not normalised
 * @returns `[N, ⌊(up H + top + bottom − kernelHeight) / down⌋ + 1, …, C]`
 * @throws InvalidOptionError a ragged or empty kernel, factors below 1, a kernel larger than the padded map
 */
export function upfirdn2d(
  x: tf.Tensor4D,
  kernel: readonly number[] | readonly (readonly number[])[],
  { up = 1, down = 1, padding = 0, gain = 1 }: UpfirdnOptions = {},
): tf.Tensor4D {
  assertPositive(up, 'factor up');
  assertPositive(down, 'factor down');
  const { rows, columns, full } = taps(kernel, gain);
  const shape = [rows.length, columns.length];
  const borders = bordersOf(padding, shape, 1, 1);
  const size: Size = [x.shape[1], x.shape[2]];
  const filter = {
    rows: flipped(rows),
    columns: flipped(columns),
    full: full?.map(flipped).reverse(),
  };
  const out = outputSize([size[0] * up, size[1] * up], shape, down, 1, borders);
  const adjoint = { rows, columns, full };
  const back: Borders = [
    ...adjointBorders(size[0], out[0], rows.length, up, down, borders[0]),
    ...adjointBorders(size[1], out[1], columns.length, up, down, borders[2]),
  ];
  return withAdjoint(
    x,
    (input) => resample(input, filter, up, down, borders),
    (dy) => resample(dy, adjoint, down, up, back),
  );
}

interface Taps {
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  /** Set when the kernel is not an outer product. */
  readonly full?: readonly (readonly number[])[];
}

/** y[i] = Σₖ f[k] u[down·i + k − before], u the map with zeros inserted. */
function resample(x: tf.Tensor4D, kernel: Taps, up: number, down: number, borders: Borders) {
  const [n, height, width, channels] = x.shape;
  const { rows, columns, full } = kernel;
  if (full !== undefined) {
    const flat = tf.tensor4d(full.flat(), [rows.length, columns.length, 1, 1]);
    const filter: tf.Tensor4D = tf.tile(flat, [1, 1, channels, 1]);
    const geometry = { stride: down, dilation: 1, borders };
    return correlateDepthwise(insertZeros(x, up), filter, geometry);
  }
  const [top, bottom, left, right] = borders;
  // Every map is freed as soon as the next one stands: they are as large as the input, and a scope would keep all seven.
  const lines: tf.Tensor4D = tf.reshape(x, [n, height, 1, width * channels]);
  const wide = freeing(lines, (u) => filterAxis(u, rows, up, down, top, bottom));
  const newHeight = wide.shape[1];
  const flat = freeing(
    wide,
    (u) => tf.reshape(u, [n * newHeight, width, 1, channels]) as tf.Tensor4D,
  );
  const y = freeing(flat, (u) => filterAxis(u, columns, up, down, left, right));
  return freeing(y, (u) => tf.reshape(u, [n, newHeight, u.shape[1], channels]) as tf.Tensor4D);
}

function freeing(x: tf.Tensor4D, f: (x: tf.Tensor4D) => tf.Tensor4D): tf.Tensor4D {
  const y = f(x);
  x.dispose();
  return y;
}

/**
 * Along the second axis of `[B, L, 1, M]`. With every other axis in the channels the kernel has one column, and
 * stride and padding of the last spatial axis do not matter (TensorFlow wants equal strides).
 */
function filterAxis(
  x: tf.Tensor4D,
  kernel: readonly number[],
  up: number,
  down: number,
  before: number,
  after: number,
): tf.Tensor4D {
  return tf.tidy(() => {
    const [batch, length, , channels] = x.shape;
    let spread = x;
    if (up > 1) {
      const samples = tf.reshape(x, [batch * length, 1, channels]);
      const padded = tf.pad(samples, [
        [0, 0],
        [0, up - 1],
        [0, 0],
      ]);
      spread = tf.reshape(padded, [batch, length * up, 1, channels]);
    }
    const taps = tf.tensor4d([...kernel], [kernel.length, 1, 1, 1]);
    const filter: tf.Tensor4D = tf.tile(taps, [1, 1, channels, 1]);
    const borders: Borders = [before, after, 0, 0];
    return correlateDepthwise(spread, filter, { stride: down, dilation: 1, borders });
  });
}

/** Borders before and after for the adjoint, which turns `out` samples back into `size`. */
function adjointBorders(
  size: number,
  out: number,
  kernel: number,
  up: number,
  down: number,
  before: number,
): [number, number] {
  const first = kernel - 1 - before;
  return [first, (size - 1) * up + kernel - out * down - first];
}

const flipped = (values: readonly number[]): number[] => [...values].reverse();

/** The kernel times its gain, split into an outer product where it is one. */
function taps(kernel: readonly number[] | readonly (readonly number[])[], gain: number): Taps {
  const valid = (values: readonly unknown[]) => values.length > 0 && values.every(Number.isFinite);
  if (isMatrix(kernel)) {
    if (kernel.every((row) => valid(row) && row.length === kernel[0].length)) {
      return split(kernel.map((row) => row.map((value) => value * gain)));
    }
  } else if (valid(kernel)) {
    return { rows: kernel.map((value) => value * gain), columns: kernel };
  }
  throw new InvalidOptionError(
    'The kernel is empty, ragged or not finite.',
    'Give the taps of one axis, or rows of equal length.',
  );
}

const isMatrix = (
  kernel: readonly number[] | readonly (readonly number[])[],
): kernel is readonly (readonly number[])[] => Array.isArray(kernel[0]);

function split(full: readonly (readonly number[])[]): Taps {
  const largest = full.flat().reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const pivot = full.findIndex((row) => row.some((value) => Math.abs(value) === largest));
  const columns = full[pivot];
  const peak = columns.findIndex((value) => Math.abs(value) === largest);
  const rows = full.map((row) => (largest === 0 ? 0 : row[peak] / columns[peak]));
  const separable = full.every((row, i) =>
    row.every((value, j) => Math.abs(value - rows[i] * columns[j]) <= 1e-7 * largest),
  );
  return separable ? { rows, columns } : { rows, columns, full };
}
