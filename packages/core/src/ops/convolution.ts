import * as tf from '@tensorflow/tfjs-core';
import { nativeSlope } from './corrections/native-slopes';
import { customGradient } from './custom-gradient';
import { type Activation, correlate, correlateAdjoint, type Geometry } from './linear-convolution';
import { assertPositive, bordersOf, type Padding, type Size } from './padding';
import { slopeWgsl } from './webgpu/depthwise-gradient';
import { elementwise } from './webgpu/elementwise';
import { hasSlope, madeBy } from './webgpu/slopes-ahead';

/**
 * Convolution with frozen weights whose input gradient is itself a forward convolution.
 *
 * For y = x ∗ K the gradient is dx = dy ∗ K′, with K′ the filter rotated by 180° and its channels swapped,
 * at the same dilation. That is exact, differentiates dilated convolutions (the stock gradient throws), and
 * runs on the backend's fast forward kernel: six times the stock gradient on wasm. The filter is frozen:
 * no gradient is computed for it.
 */
export interface ConvolutionWeights {
  /** `[kernelHeight, kernelWidth, inChannels, outChannels]`. */
  readonly filter: tf.Tensor4D;
  /**
   * {@link adjointFilter} of `filter` (at a stride above 1: {@link subpixelFilter}), when it was prepared once;
   * made on the fly otherwise.
   */
  readonly adjoint?: tf.Tensor4D;
  /** `[outChannels]`. */
  readonly bias?: tf.Tensor1D;
}

export interface ConvolutionOptions {
  /** Default 1. */
  stride?: number;
  /** Default 1. */
  dilation?: number;
  /**
   * Zeros around the map. Default `'same'`, which needs odd kernel sides and stride 1; otherwise one number or
   * `[top, bottom, left, right]` as in PyTorch.
   */
  padding?: Padding;
  /** Fused into the forward kernel. Default `'linear'`. */
  activation?: Activation;
}

/**
 * Convolution with frozen weights; see {@link ConvolutionWeights}.
 *
 * ```ts
 * import { convolution } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const filter: tf.Tensor4D = tf.ones([3, 3, 8, 16]);
 * const y = convolution(tf.ones([1, 32, 32, 8]), { filter }, { stride: 2, padding: 1 });
 * console.log(y.shape); // [1, 16, 16, 16]
 * ```
 *
 * @param x `[N, H, W, inChannels]`
 * @returns `[N, H′, W′, outChannels]`, H′ = ⌊(H + top + bottom − dilation (kernel − 1) − 1) / stride⌋ + 1
 * @throws InvalidOptionError padding `'same'` with an even kernel side or a stride; a kernel larger than the map
 */
export function convolution(
  x: tf.Tensor4D,
  weights: ConvolutionWeights,
  options: ConvolutionOptions = {},
): tf.Tensor4D {
  const { activation = 'linear' } = options;
  const geometry = geometryOf(weights.filter, options);
  const size: Size = [x.shape[1], x.shape[2]];
  return customGradient(
    [x],
    (x) => {
      const { filter, bias } = weights;
      const y = correlate(x, filter, geometry, { bias, activation });
      const saved: tf.Tensor[] = activation === 'linear' ? [] : [y];
      if (activation !== 'linear') madeBy(y, activation, y);
      return { value: y, saved };
    },
    (dy, [y]) => {
      const isMasked = activation === 'linear' || hasSlope(dy, (y as tf.Tensor).dataId);
      const masked = isMasked ? dy : maskedBy(dy, y as tf.Tensor, activation);
      return correlateAdjoint(
        masked as tf.Tensor4D,
        weights.filter,
        size,
        geometry,
        weights.adjoint,
      );
    },
  );
}

/** The slope of an activation, 1 or 0, by its value: 0 < y < 6 where y·(6 − y) > 0. */
const slopeAt = (y: tf.Tensor, activation: 'relu' | 'relu6'): tf.Tensor =>
  tf.step(activation === 'relu' ? y : tf.mul(y, tf.sub(6, y)));

/** dy times the slope of an activation, by its value y. */
export function maskedBy<T extends tf.Tensor>(
  dy: T,
  y: tf.Tensor,
  activation: 'relu' | 'relu6',
): T {
  const formula = { name: `${activation}Mask`, wgsl: `a * ${slopeWgsl(activation, 'b')}` };
  return (
    elementwise(formula, [dy, y]) ??
    nativeSlope(dy, y, activation) ??
    tf.mul(dy, slopeAt(y, activation))
  );
}

/** The geometry that options describe, checked. */
export function geometryOf(
  filter: tf.Tensor4D,
  { stride = 1, dilation = 1, padding = 'same' }: ConvolutionOptions,
): Geometry {
  assertPositive(stride, 'stride');
  assertPositive(dilation, 'dilation');
  return { stride, dilation, borders: bordersOf(padding, filter.shape, dilation, stride) };
}
