import * as tf from '@tensorflow/tfjs-core';
import { InvalidOptionError } from '../errors';

/**
 * Stride-1 convolution with frozen weights whose input gradient is itself a forward convolution.
 *
 * For y = x ∗ K the gradient is dx = dy ∗ K′, with K′ the filter rotated by 180° and its channels swapped,
 * at the same dilation. That is exact, differentiates dilated convolutions (the stock gradient throws), and
 * runs on the backend's fast forward kernel: six times the stock gradient on wasm. The filter is frozen:
 * no gradient is computed for it.
 */
export interface ConvolutionWeights {
  /** `[kernelHeight, kernelWidth, inChannels, outChannels]`, odd kernel sides. */
  readonly filter: tf.Tensor4D;
  /** {@link adjointFilter} of `filter`, when it was prepared once; made on the fly otherwise. */
  readonly adjoint?: tf.Tensor4D;
  /** `[outChannels]`. */
  readonly bias?: tf.Tensor1D;
}

export interface ConvolutionOptions {
  /** Default 1. */
  dilation?: number;
  /** Fused into the forward kernel. Default `'linear'`. */
  activation?: 'linear' | 'relu';
}

/** The filter of the input gradient: rotated by 180°, in- and out-channels swapped. Owned by the caller. */
export function adjointFilter(filter: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]));
}

/** The filter of the input gradient of a depthwise convolution: rotated by 180°. Owned by the caller. */
export function adjointDepthwiseFilter(filter: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => tf.reverse(filter, [0, 1]));
}

/**
 * @param x `[N, H, W, inChannels]`
 * @returns `[N, H, W, outChannels]` (zero padding, same size)
 * @throws InvalidOptionError for even kernel sides, which have no centre
 */
export function convolution(
  x: tf.Tensor4D,
  weights: ConvolutionWeights,
  { dilation = 1, activation = 'linear' }: ConvolutionOptions = {},
): tf.Tensor4D {
  assertOddKernel(weights.filter);
  const run = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const input = args[0] as tf.Tensor4D;
    const save = args[1] as tf.GradSaveFunc;
    const y = tf.fused.conv2d({
      x: input,
      filter: weights.filter,
      bias: weights.bias,
      strides: 1,
      pad: 'same',
      dilations: dilation,
      activation,
    });
    if (activation === 'relu') save([y]);
    return {
      value: y,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const masked = activation === 'relu' ? tf.mul(dy, tf.step(saved[0])) : dy;
        return tf.conv2d(
          masked as tf.Tensor4D,
          weights.adjoint ?? adjointFilter(weights.filter),
          1,
          'same',
          'NHWC',
          dilation,
        );
      },
    };
  });
  return run(x) as tf.Tensor4D;
}

/**
 * Stride-1 depthwise convolution with frozen weights; see {@link convolution}.
 *
 * @param x `[N, H, W, C]`
 * @param weights `filter` `[kernelHeight, kernelWidth, C, 1]`, `adjoint` from {@link adjointDepthwiseFilter}
 */
export function depthwiseConvolution(
  x: tf.Tensor4D,
  weights: ConvolutionWeights,
  { dilation = 1 }: Pick<ConvolutionOptions, 'dilation'> = {},
): tf.Tensor4D {
  assertOddKernel(weights.filter);
  const run = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const input = args[0] as tf.Tensor4D;
    const y = tf.depthwiseConv2d(input, weights.filter, 1, 'same', 'NHWC', dilation);
    return {
      value: weights.bias === undefined ? y : tf.add(y, weights.bias),
      gradFunc: (dy: tf.Tensor) =>
        tf.depthwiseConv2d(
          dy as tf.Tensor4D,
          weights.adjoint ?? adjointDepthwiseFilter(weights.filter),
          1,
          'same',
          'NHWC',
          dilation,
        ),
    };
  });
  return run(x) as tf.Tensor4D;
}

function assertOddKernel(filter: tf.Tensor4D): void {
  const [height, width] = filter.shape;
  if (height % 2 === 0 || width % 2 === 0) {
    throw new InvalidOptionError(
      `A ${height}×${width} kernel has no centre.`,
      'Use odd kernel sides, or pixelUnshuffle followed by a 1×1 convolution.',
    );
  }
}
