import type * as tf from '@tensorflow/tfjs-core';
import { multiplyAxes } from './axis-matrices';

/**
 * Mean over a window of `size × size` pixels, differentiable, as OpenCV's `blur`: an even window reaches from
 * p − size/2 to p + size/2 − 1, and the map is mirrored at its border pixels ("reflect 101"), again and again where it
 * is smaller than the window.
 *
 * Two products with constant matrices: exact for any size, and a GPU multiplies matrices faster than it sums prefixes.
 *
 * ```ts
 * import { boxFilter } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const x = tf.tensor4d([0, 3, 0], [1, 1, 3, 1]);
 * console.log(await boxFilter(x, 3).data()); // [2, 1, 2]: mirrored, the 3 is on both sides of a 0
 * ```
 *
 * @param x `[N, H, W, C]`
 */
export function boxFilter(x: tf.Tensor4D, size: number): tf.Tensor4D {
  const [, height, width] = x.shape;
  return multiplyAxes(x, [height, width], {
    name: `box ${size}`,
    of: (length) => boxMatrix(length, size),
  });
}

/** Row-major `[length, length]`; each row sums to 1. */
function boxMatrix(length: number, size: number): Float32Array {
  const before = size >> 1;
  const matrix = new Float32Array(length * length);
  for (let i = 0; i < length; i++) {
    for (let k = 0; k < size; k++) {
      matrix[i * length + mirrorIndex(i - before + k, length)] += 1 / size;
    }
  }
  return matrix;
}

/** Index in a row mirrored at its border pixels, with period 2 (length − 1). */
export function mirrorIndex(index: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const within = ((index % period) + period) % period;
  return within < length ? within : period - within;
}
