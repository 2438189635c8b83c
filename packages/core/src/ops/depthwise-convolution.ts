import * as tf from '@tensorflow/tfjs-core';
import {
  type ConvolutionOptions,
  type ConvolutionWeights,
  geometryOf,
  maskedBy,
} from './convolution';
import { customGradient } from './custom-gradient';
import {
  convolve,
  everyNth,
  type Fused,
  finished,
  fit,
  forKernel,
  type Geometry,
  insertZeros,
} from './linear-convolution';
import { type Borders, outputSize, type Size } from './padding';
import { depthwiseGradient } from './webgpu/depthwise-gradient';
import { makerOf, tookSlope } from './webgpu/slopes-ahead';

/**
 * The filter of the input gradient of a depthwise convolution: rotated by 180°. Owned by the caller.
 *
 * ```ts
 * import { adjointDepthwiseFilter } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const filter = tf.tensor4d([1, 2, 3], [1, 3, 1, 1]);
 * console.log(await adjointDepthwiseFilter(filter).data()); // [3, 2, 1]
 * ```
 */
export function adjointDepthwiseFilter(filter: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => tf.reverse(filter, [0, 1]));
}

/**
 * Depthwise convolution with frozen weights; see `convolution`.
 *
 * ```ts
 * import { adjointDepthwiseFilter, depthwiseConvolution } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const filter: tf.Tensor4D = tf.ones([3, 3, 16, 1]);
 * const weights = { filter, adjoint: adjointDepthwiseFilter(filter) }; // once, for many gradients
 * console.log(depthwiseConvolution(tf.ones([1, 32, 32, 16]), weights).shape); // [1, 32, 32, 16]
 * ```
 *
 * @param x `[N, H, W, C]`
 * @param weights `filter` `[kernelHeight, kernelWidth, C, 1]`, `adjoint` from {@link adjointDepthwiseFilter} at
 *   every stride
 * @returns `[N, H′, W′, C]`
 * @throws InvalidOptionError as `convolution`
 */
export function depthwiseConvolution(
  x: tf.Tensor4D,
  weights: ConvolutionWeights,
  options: ConvolutionOptions = {},
): tf.Tensor4D {
  const { activation = 'linear' } = options;
  const { filter, bias } = weights;
  const geometry = geometryOf(filter, options);
  const size: Size = [x.shape[1], x.shape[2]];
  const made = makerOf(x);
  return customGradient(
    [x],
    (x) => {
      const y = correlateDepthwise(x, filter, geometry, { bias, activation });
      const saved: tf.Tensor[] = activation === 'linear' ? [] : [y];
      return { value: y, saved: made === undefined ? saved : [...saved, made.by] };
    },
    (dy, saved) => {
      const [y] = saved;
      const y4 = activation === 'linear' ? undefined : (y as tf.Tensor4D);
      const by = made && (saved[saved.length - 1] as tf.Tensor4D);
      const attributes = { size, geometry, activation, ahead: made?.slope };
      const inOne = depthwiseGradient(dy, y4, filter, attributes, by);
      if (inOne !== undefined) return made === undefined ? inOne : tookSlope(inOne, x);
      const masked = activation === 'linear' ? dy : maskedBy(dy, y as tf.Tensor, activation);
      const adjoint = weights.adjoint ?? adjointDepthwiseFilter(filter);
      return correlateDepthwiseAdjoint(masked as tf.Tensor4D, adjoint, size, geometry);
    },
  );
}

/** As `correlate`, channel by channel. */
export function correlateDepthwise(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  geometry: Geometry,
  fused: Fused = {},
): tf.Tensor4D {
  const map = forKernel(x, filter, geometry);
  // TensorFlow has no dilated depthwise kernel for the CPU; the plain one is corrected, see `nativeDilatedDepthwise`.
  const inOne = map.every === 1 && (map.dilation === 1 || tf.getBackend() !== 'tensorflow');
  if (inOne) return convolve('FusedDepthwiseConv2D', map, filter, fused);
  return finished(everyNth(convolve('FusedDepthwiseConv2D', map, filter, {}), map.every), fused);
}

/** @param adjoint {@link adjointDepthwiseFilter} */
export function correlateDepthwiseAdjoint(
  dy: tf.Tensor4D,
  adjoint: tf.Tensor4D,
  size: Size,
  { stride, dilation, borders }: Geometry,
): tf.Tensor4D {
  const dense = outputSize(size, adjoint.shape, 1, dilation, borders);
  const spread = stride === 1 ? dy : fit(insertZeros(dy, stride), dense);
  const [y, x] = [dilation * (adjoint.shape[0] - 1), dilation * (adjoint.shape[1] - 1)];
  const around: Borders = [y - borders[0], y - borders[1], x - borders[2], x - borders[3]];
  return correlateDepthwise(spread, adjoint, { stride: 1, dilation, borders: around });
}

/**
 * The input gradient for any channel multiplier.
 *
 * @param dy `[N, h, w, C · multiplier]`
 * @param filter `[kh, kw, C, multiplier]`
 */
export function depthwiseInputGradient(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  size: Size,
  geometry: Geometry,
): tf.Tensor4D {
  return tf.tidy(() => {
    const adjoint = adjointDepthwiseFilter(filter);
    const [kernelHeight, kernelWidth, channels, multiplier] = filter.shape;
    if (multiplier === 1) return correlateDepthwiseAdjoint(dy, adjoint, size, geometry);
    const [n, height, width] = dy.shape;
    const places = n * height * width;
    const slopes = tf.reshape(dy, [places, channels, multiplier]);
    let sum: tf.Tensor4D | undefined;
    for (let m = 0; m < multiplier; m++) {
      const slope = tf.slice(slopes, [0, 0, m], [places, channels, 1]);
      const part = correlateDepthwiseAdjoint(
        tf.reshape(slope, [n, height, width, channels]),
        tf.slice(adjoint, [0, 0, 0, m], [kernelHeight, kernelWidth, channels, 1]),
        size,
        geometry,
      );
      sum = sum === undefined ? part : tf.add<tf.Tensor4D>(sum, part);
    }
    return sum as tf.Tensor4D;
  });
}
