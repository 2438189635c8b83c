import * as tf from '@tensorflow/tfjs-core';
import {
  type Borders,
  isTensorFlowSame,
  outputSize,
  type PaddedMap,
  padForKernel,
  padZeros,
  type Size,
} from './padding';
import { pixelShuffle } from './pixel-shuffle';

/** Where a kernel is applied. */
export interface Geometry {
  readonly stride: number;
  readonly dilation: number;
  readonly borders: Borders;
}

export type Activation = 'linear' | 'relu' | 'relu6';

/** What a kernel does beside the convolution, in the same pass. */
export interface Fused {
  readonly bias?: tf.Tensor1D | undefined;
  /**
   * Other than `'linear'`, and a depthwise bias, within a written-out gradient alone: the kernel is then asked past
   * tfjs's tape.
   */
  readonly activation?: Activation | undefined;
}

/**
 * y[i] = Σₖ f[k] x[s·i + d·k − p]: the convolution of networks as a linear map A of x.
 *
 * @param x `[N, H, W, in]`
 * @param filter `[kh, kw, in, out]`
 */
export function correlate(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  geometry: Geometry,
  fused: Fused = {},
): tf.Tensor4D {
  const map = forKernel(x, filter, geometry);
  if (map.every === 1) return convolve('FusedConv2D', map, filter, fused);
  return finished(everyNth(convolve('FusedConv2D', map, filter, {}), map.every), fused);
}

/** One kernel. `tf.fused` takes bias and activation apart again wherever a gradient is asked for. */
export function convolve(
  kernel: 'FusedConv2D' | 'FusedDepthwiseConv2D',
  { x, strides, pad, dilation }: KernelMap,
  filter: tf.Tensor4D,
  { bias, activation = 'linear' }: Fused,
): tf.Tensor4D {
  const linear = activation === 'linear';
  if (linear && kernel === 'FusedConv2D') {
    return tf.fused.conv2d({ x, filter, bias, strides, pad, dilations: dilation });
  }
  // Of the two, this one has a gradient where it is dilated.
  if (linear && bias === undefined) {
    return tf.depthwiseConv2d(x, filter, strides, pad as 'same', 'NHWC', dilation);
  }
  const attributes = { strides, pad, dataFormat: 'NHWC', dilations: dilation, activation };
  const inputs: tf.NamedTensorMap = bias === undefined ? { x, filter } : { x, filter, bias };
  return tf.engine().runKernel(kernel, inputs, attributes as never) as tf.Tensor4D;
}

/** Bias and activation as operations of their own. */
export function finished(x: tf.Tensor4D, { bias, activation = 'linear' }: Fused): tf.Tensor4D {
  const biased: tf.Tensor4D = bias === undefined ? x : tf.add(x, bias);
  if (activation === 'linear') return biased;
  return activation === 'relu' ? tf.relu(biased) : tf.relu6(biased);
}

/**
 * Aᵀ of {@link correlate}: the input gradient of a convolution, and the value of a transposed one.
 *
 * At stride 1 a forward convolution with the filter rotated by 180° and its channels swapped. At stride s the
 * s² phases of the result are stride-1 convolutions too, done as one with s² times the channels and a pixel
 * shuffle (see {@link subpixelFilter}).
 *
 * @param dy `[N, h, w, out]`
 * @param size height and width of the result
 * @param prepared {@link adjointFilter} or {@link subpixelFilter} of `filter`
 */
export function correlateAdjoint(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  size: Size,
  geometry: Geometry,
  prepared?: tf.Tensor4D,
): tf.Tensor4D {
  const { stride, dilation, borders } = geometry;
  const [kernelHeight, kernelWidth] = filter.shape;
  const [outHeight, outWidth] = [dy.shape[1], dy.shape[2]];
  if (stride > 1 && dilation > 1) {
    // Rare: through the stride-1 convolution that is subsampled in the forward direction.
    const dense = outputSize(size, filter.shape, 1, dilation, borders);
    const spread = fit(insertZeros(dy, stride), dense);
    return correlateAdjoint(spread, filter, size, { stride: 1, dilation, borders }, prepared);
  }
  if (stride === 1) {
    const [top, left] = [
      dilation * (kernelHeight - 1) - borders[0],
      dilation * (kernelWidth - 1) - borders[2],
    ];
    const around: Borders = [
      top,
      size[0] - outHeight - top + dilation * (kernelHeight - 1),
      left,
      size[1] - outWidth - left + dilation * (kernelWidth - 1),
    ];
    return correlate(dy, prepared ?? adjointFilter(filter), {
      stride: 1,
      dilation,
      borders: around,
    });
  }
  if (tf.getBackend() === 'tensorflow') return nativeAdjoint(dy, filter, size, geometry);
  const rows = phases(kernelHeight, stride, borders[0]);
  const columns = phases(kernelWidth, stride, borders[2]);
  const around: Borders = [
    -rows.first,
    Math.ceil(size[0] / stride) - outHeight + rows.last,
    -columns.first,
    Math.ceil(size[1] / stride) - outWidth + columns.last,
  ];
  const kernel = prepared ?? subpixelFilter(filter, stride, borders);
  const parts = correlate(dy, kernel, { stride: 1, dilation: 1, borders: around });
  return fit(pixelShuffle(parts, stride), size);
}

/** TensorFlow's own kernel is twice as fast as the decomposition; elsewhere it is three times slower. */
function nativeAdjoint(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  [height, width]: Size,
  { stride, borders: [top, bottom, left, right] }: Geometry,
): tf.Tensor4D {
  const shape: [number, number, number, number] = [
    dy.shape[0],
    height + top + bottom,
    width + left + right,
    filter.shape[2],
  ];
  const full: tf.Tensor4D = tf.conv2dTranspose(dy, filter, shape, stride, 'valid');
  return padZeros(full, [-top, -bottom, -left, -right]);
}

/**
 * The filter of the input gradient at stride 1: rotated by 180°, in- and out-channels swapped. Owned by the caller.
 *
 * ```ts
 * import { adjointFilter, convolution } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const filter: tf.Tensor4D = tf.ones([3, 3, 8, 16]);
 * const adjoint = adjointFilter(filter);
 * console.log(adjoint.shape); // [3, 3, 16, 8]
 * const y = convolution(tf.ones([1, 32, 32, 8]), { filter, adjoint });
 * ```
 */
export function adjointFilter(filter: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]));
}

/**
 * The filter of the input gradient at stride s: sample s·q + r of the result is Σᵤ f[r + p − s·u] dy[q + u],
 * so each phase r is a stride-1 convolution with every s-th tap. The phases become channels, in the order of
 * {@link pixelShuffle}. Owned by the caller.
 *
 * ```ts
 * import { convolution, subpixelFilter } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const filter: tf.Tensor4D = tf.ones([3, 3, 8, 16]);
 * const adjoint = subpixelFilter(filter, 2, [1, 1, 1, 1]);
 * console.log(adjoint.shape); // [2, 2, 16, 32]
 * const y = convolution(tf.ones([1, 32, 32, 8]), { filter, adjoint }, { stride: 2, padding: 1 });
 * ```
 *
 * @param filter `[kh, kw, in, out]`
 * @returns `[U, V, out, s² · in]`
 */
export function subpixelFilter(filter: tf.Tensor4D, stride: number, borders: Borders): tf.Tensor4D {
  const [kernelHeight, kernelWidth, input, output] = filter.shape;
  const rows = phases(kernelHeight, stride, borders[0]);
  const columns = phases(kernelWidth, stride, borders[2]);
  return tf.tidy(() => {
    const taps = takeTaps(takeTaps(filter, rows.taps, 0), columns.taps, 1);
    const split = tf.reshape(taps, [rows.count, stride, columns.count, stride * input, output]);
    return tf.reshape(tf.transpose(split, [0, 2, 4, 1, 3]), [
      rows.count,
      columns.count,
      output,
      stride * stride * input,
    ]);
  });
}

/** Slices of `filter` along an axis in the order of `taps`; −1 stands for zeros. */
function takeTaps(filter: tf.Tensor4D, taps: readonly number[], axis: 0 | 1): tf.Tensor4D {
  const length = filter.shape[axis];
  const paddings: [number, number][] = [0, 1, 2, 3].map((i) => [0, i === axis ? 1 : 0]);
  return tf.gather(
    tf.pad(filter, paddings),
    tf.tensor1d(
      taps.map((tap) => (tap === -1 ? length : tap)),
      'int32',
    ),
    axis,
  );
}

/** Offsets u and taps r + p − s·u, by u then by r, of {@link subpixelFilter} along one axis. */
function phases(kernel: number, stride: number, before: number) {
  const first = Math.ceil((before - kernel + 1) / stride);
  const last = Math.floor((stride - 1 + before) / stride);
  const taps: number[] = [];
  for (let u = first; u <= last; u++) {
    for (let r = 0; r < stride; r++) {
      const tap = r + before - stride * u;
      taps.push(tap >= 0 && tap < kernel ? tap : -1);
    }
  }
  return { first, last, count: last - first + 1, taps };
}

/** Crops or pads with zeros at the bottom and at the right. */
export function fit(x: tf.Tensor4D, [height, width]: Size): tf.Tensor4D {
  return padZeros(x, [0, height - x.shape[1], 0, width - x.shape[2]]);
}

/** `[N, H, W, C]` → `[N, s·H, s·W, C]`, sample (i, j) at (s·i, s·j), zeros elsewhere. Differentiable. */
export function insertZeros(x: tf.Tensor4D, stride: number): tf.Tensor4D {
  if (stride === 1) return x;
  const [n, height, width, channels] = x.shape;
  const after: [number, number][] = [
    [0, 0],
    [0, stride - 1],
    [0, 0],
  ];
  const columns = tf.pad(tf.reshape(x, [n * height * width, 1, channels]), after);
  const rows = tf.pad(tf.reshape(columns, [n * height, 1, width * stride * channels]), after);
  return tf.reshape(rows, [n, height * stride, width * stride, channels]);
}

/** Every n-th row and column, from the first. */
export function everyNth(x: tf.Tensor4D, n: number): tf.Tensor4D {
  if (n === 1) return x;
  return tf.stridedSlice(x, [0, 0, 0, 0], x.shape, [1, n, n, 1]) as tf.Tensor4D;
}

/** A map as a kernel of tfjs takes it. */
export interface KernelMap extends PaddedMap {
  readonly strides: number;
  readonly dilation: number;
}

/**
 * A map and geometry that tfjs takes: it refuses stride and dilation together, so then either the map is
 * subsampled (dilation a multiple of the stride) or the dense result (`every`).
 */
export function forKernel(x: tf.Tensor4D, filter: tf.Tensor4D, geometry: Geometry) {
  const { stride, dilation, borders } = geometry;
  const size: Size = [x.shape[1], x.shape[2]];
  outputSize(size, filter.shape, stride, dilation, borders);
  if (stride > 1 && (filter.shape[0] > 1 || filter.shape[1] > 1) && dilation > 1) {
    if (dilation % stride !== 0) {
      return { ...strided(x, filter, 1, dilation, borders), every: stride };
    }
    const sampled = everyNth(padZeros(x, borders), stride);
    return { ...strided(sampled, filter, 1, dilation / stride, [0, 0, 0, 0]), every: 1 };
  }
  const one = filter.shape[0] === 1 && filter.shape[1] === 1;
  return { ...strided(x, filter, stride, one ? 1 : dilation, borders), every: 1 };
}

function strided(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  strides: number,
  dilation: number,
  borders: Borders,
) {
  const size: Size = [x.shape[1], x.shape[2]];
  const same = isTensorFlowSame(size, filter.shape, strides, dilation, borders);
  return { ...padForKernel(x, borders, same), strides, dilation };
}
