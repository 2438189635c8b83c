import * as tf from '@tensorflow/tfjs-core';
import { InvalidOptionError } from '../errors';
import { multiplyAxes } from './axis-matrices';
import type { Size } from './padding';
import { type ResizeMethod, resizeMatrix } from './resize-matrix';

export interface ResizeOptions {
  /** Corners of source and result coincide (`bilinear` and `bicubic`). Default false: half-pixel centres. */
  alignCorners?: boolean;
}

/**
 * Resizes with half-pixel centres (PyTorch's `align_corners=False`) or aligned corners, differentiably.
 *
 * Written as two matrix products with constant interpolation matrices, because the gradient of tfjs's
 * half-pixel `resizeBilinear` is silently wrong on every backend.
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
  return multiplyAxes(x, size, (from, to) =>
    from === to ? undefined : resizeMatrix(from, to, method, alignCorners),
  );
}
