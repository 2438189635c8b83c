import * as tf from '@tensorflow/tfjs-core';
import { InvalidOptionError } from '../errors';
import { correlate, correlateAdjoint } from './linear-convolution';
import { assertPositive, type Size, uniform } from './padding';
import { withAdjoint } from './with-adjoint';

export interface TransposedConvolutionWeights {
  /** `[kernelHeight, kernelWidth, outChannels, inChannels]`: PyTorch's `[in, out, kh, kw]` permuted (2, 3, 1, 0). */
  readonly filter: tf.Tensor4D;
  /** `subpixelFilter(filter, stride, [p, p, p, p])` (stride 1: `adjointFilter`), when it was prepared once. */
  readonly prepared?: tf.Tensor4D;
  /** `[outChannels]`. */
  readonly bias?: tf.Tensor1D;
}

export interface TransposedConvolutionOptions {
  /** Default 2. */
  stride?: number;
  /** Rows and columns cut from every border of the full result. Default 0. */
  padding?: number;
  /** Rows and columns added at the bottom and right. Default 0. */
  outputPadding?: number;
}

/**
 * PyTorch's `ConvTranspose2d` with frozen weights: the adjoint of a convolution of that stride and padding. Its
 * gradient is that convolution.
 *
 * ```ts
 * import { transposedConvolution } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const filter: tf.Tensor4D = tf.ones([4, 4, 16, 8]);
 * const y = transposedConvolution(tf.ones([1, 16, 16, 8]), { filter }, { padding: 1 });
 * console.log(y.shape); // [1, 32, 32, 16]
 * ```
 *
 * @param x `[N, H, W, inChannels]`
 * @returns `[N, (H − 1) stride − 2 padding + kernelHeight + outputPadding, …, outChannels]`
 * @throws InvalidOptionError options that leave no pixel, or `outputPadding` ≥ `stride`
 */
export function transposedConvolution(
  x: tf.Tensor4D,
  weights: TransposedConvolutionWeights,
  { stride = 2, padding = 0, outputPadding = 0 }: TransposedConvolutionOptions = {},
): tf.Tensor4D {
  assertPositive(stride, 'stride');
  const [, height, width] = x.shape;
  const { filter, prepared, bias } = weights;
  const along = (length: number, kernel: number) =>
    (length - 1) * stride - 2 * padding + kernel + outputPadding;
  const size: Size = [along(height, filter.shape[0]), along(width, filter.shape[1])];
  const valid = Number.isInteger(outputPadding) && outputPadding >= 0 && outputPadding < stride;
  if (!valid || size[0] < 1 || size[1] < 1) {
    throw new InvalidOptionError(
      `Padding ${padding} and output padding ${outputPadding} do not fit a ${filter.shape[0]}×${filter.shape[1]} kernel at stride ${stride}.`,
      'Use less padding, and an output padding below the stride.',
    );
  }
  const geometry = { stride, dilation: 1, borders: uniform(padding) };
  return withAdjoint(
    x,
    (input) => {
      const y = correlateAdjoint(input, filter, size, geometry, prepared);
      return bias === undefined ? y : tf.add(y, bias);
    },
    (dy) => correlate(dy, filter, geometry),
  );
}
