import * as tf from '@tensorflow/tfjs-core';
import { InvalidOptionError } from '../errors';
import { type AxisMatrix, multiplyAxes, multiplyAxesAdjoint } from './axis-matrices';
import { resizeAdjointOnNative } from './corrections/native-resize-adjoint';
import { meanOfBlocks, wholeBlocks } from './mean-of-blocks';
import type { Size } from './padding';
import { type ResizeMethod, resizeMatrix } from './resize-matrix';
import { withAdjoint } from './with-adjoint';

export interface ResizeOptions {
  /** Corners of source and result coincide (`bilinear` and `bicubic`). Default false: half-pixel centres. */
  alignCorners?: boolean;
}

/**
 * Resizes with half-pixel centres (PyTorch's `align_corners=False`) or aligned corners, differentiably.
 *
 * Two products with constant interpolation matrices. Bilinear forward is tfjs's own; its half-pixel gradient is
 * silently wrong on every backend, so that is the adjoint of the products too, or TensorFlow's own kernel; `area` by a whole
 * ratio is a mean over blocks.
 *
 * ```ts
 * import { resize } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const x = tf.tensor4d([0, 1], [1, 1, 2, 1]);
 * console.log(await resize(x, [1, 4]).data()); // [0, 0.25, 0.75, 1]
 * ```
 *
 * @param x `[N, H, W, C]`
 * @param size `[height, width]` of the result
 * @param method default `'bilinear'`; see {@link ResizeMethod}
 * @throws InvalidOptionError `alignCorners` with a method that has none
 */
export function resize(
  x: tf.Tensor4D,
  size: Size,
  method: ResizeMethod = 'bilinear',
  { alignCorners = false }: ResizeOptions = {},
): tf.Tensor4D {
  if (alignCorners && (method === 'area' || method === 'nearest')) {
    throw new InvalidOptionError(
      `The method "${method}" has no aligned corners.`,
      'Use "bilinear" or "bicubic", or leave alignCorners out.',
    );
  }
  const [, height, width] = x.shape;
  if (height === size[0] && width === size[1]) return tf.clone(x);
  const matrix: AxisMatrix = {
    name: `resize ${method} ${alignCorners}`,
    of: (from, to) => (from === to ? undefined : resizeMatrix(from, to, method, alignCorners)),
  };
  if (method === 'nearest' && size[0] % height === 0 && size[0] / height === size[1] / width) {
    return enlarge(x, size[0] / height);
  }
  const blocks = method === 'area' ? wholeBlocks([height, width], size) : undefined;
  if (blocks !== undefined) return meanOfBlocks(x, blocks, matrix);
  if (method !== 'bilinear') return multiplyAxes(x, size, matrix);
  return withAdjoint(
    x,
    (input) => tf.image.resizeBilinear(input, [size[0], size[1]], alignCorners, !alignCorners),
    (dy) =>
      resizeAdjointOnNative(dy, [height, width], alignCorners) ??
      multiplyAxesAdjoint(dy, [height, width], matrix),
  );
}

/** Repeats every sample; the gradient of a sample is the sum over its block. */
export function enlarge(x: tf.Tensor4D, factor: number): tf.Tensor4D {
  const [, height, width] = x.shape;
  return withAdjoint(
    x,
    (input) => tf.image.resizeNearestNeighbor(input, [height * factor, width * factor]),
    (dy) => tf.mul(tf.avgPool(dy, factor, factor, 'valid'), factor * factor),
  );
}
