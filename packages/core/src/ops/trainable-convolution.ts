import * as tf from '@tensorflow/tfjs-core';
import { type ConvolutionOptions, geometryOf } from './convolution';
import { correlateDepthwise } from './depthwise-convolution';
import { everyNth, forKernel } from './linear-convolution';

/**
 * Convolution whose filter is trained: gradients flow to the map and to the filter, at any stride and dilation and on
 * every backend, once `installCorrections` ran. For frozen filters `convolution` is faster.
 *
 * ```ts
 * import { trainableConvolution } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const filter: tf.Variable<tf.Rank.R4> = tf.variable(tf.ones([3, 3, 8, 16]));
 * const { grads } = tf.variableGrads(() =>
 *   tf.mean(trainableConvolution(tf.ones([1, 32, 32, 8]), filter, { stride: 2, padding: 1 })),
 * );
 * console.log(grads[filter.name].shape); // [3, 3, 8, 16]
 * ```
 *
 * @param x `[N, H, W, inChannels]`
 * @param filter `[kernelHeight, kernelWidth, inChannels, outChannels]`
 * @returns `[N, H′, W′, outChannels]`, sizes as `convolution`
 * @throws InvalidOptionError as `convolution`
 */
export function trainableConvolution(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  options: Omit<ConvolutionOptions, 'activation'> = {},
): tf.Tensor4D {
  const map = forKernel(x, filter, geometryOf(filter, options));
  const y = tf.conv2d(map.x, filter, map.strides, map.pad as 'same', 'NHWC', map.dilation);
  return everyNth(y, map.every);
}

/**
 * The same channel by channel.
 *
 * ```ts
 * import { trainableDepthwiseConvolution } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const filter: tf.Variable<tf.Rank.R4> = tf.variable(tf.ones([3, 3, 8, 1]));
 * const y = trainableDepthwiseConvolution(tf.ones([1, 32, 32, 8]), filter);
 * console.log(y.shape); // [1, 32, 32, 8]
 * ```
 *
 * @param filter `[kernelHeight, kernelWidth, C, 1]`
 */
export function trainableDepthwiseConvolution(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  options: Omit<ConvolutionOptions, 'activation'> = {},
): tf.Tensor4D {
  return correlateDepthwise(x, filter, geometryOf(filter, options));
}
