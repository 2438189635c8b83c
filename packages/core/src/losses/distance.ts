import * as tf from '@tensorflow/tfjs-core';
import { sumInStages } from './sum-in-stages';

/**
 * How a difference becomes a number. The paper writes a plain L2 norm (Eq. 6 and 7), which grows with the
 * size of the picture; the mean square does not.
 */
export type FidelityReduction = 'norm' | 'mean-square';

/** Also the plain sum of squares: of the features of LPIPS it is LPIPS itself. */
export type DistanceReduction = FidelityReduction | 'sum-square';

/**
 * Distance of two tensors of the same shape.
 *
 * ```ts
 * import { distance } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const [a, b] = [tf.tensor1d([3, 4]), tf.zeros([2])];
 * console.log(await distance(a, b, 'norm').array()); // 5
 * console.log(await distance(a, b, 'mean-square').array()); // 25 / 2 = 12.5
 * ```
 *
 * @param region `[N, H, W, 1]`, weight of each pixel. Default: all alike
 * @returns scalar ≥ 0. The norm is √(Σd² + 1e-12): its gradient at zero is zero, not NaN.
 */
export function distance(
  a: tf.Tensor,
  b: tf.Tensor,
  reduction: DistanceReduction,
  region?: tf.Tensor,
): tf.Scalar {
  return tf.tidy(() => {
    const square = tf.square(tf.sub(a, b));
    const weighted = region === undefined ? square : tf.mul(square, region);
    if (reduction === 'sum-square') return sumInStages(weighted);
    if (reduction === 'norm') return tf.sqrt(tf.add(tf.sum(weighted), 1e-12)) as tf.Scalar;
    if (region === undefined) return tf.mean(square) as tf.Scalar;
    const values = tf.mul(tf.sum(region), a.shape[a.shape.length - 1]);
    return tf.div(tf.sum(weighted), tf.maximum(values, 1)) as tf.Scalar;
  });
}
