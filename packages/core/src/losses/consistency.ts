import type * as tf from '@tensorflow/tfjs-core';
import { distance, type FidelityReduction } from './distance';

/**
 * L_pc, pixel distance of the enhanced portrait to the input (paper Eq. 6): ‖G(w, n) − I‖₂.
 *
 * ```ts
 * import { consistencyLoss } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const [white, black] = [tf.ones([1, 2, 2, 3]), tf.zeros([1, 2, 2, 3])] as tf.Tensor4D[];
 * console.log(await consistencyLoss(white, black).array()); // √12 = 3.46
 * console.log(await consistencyLoss(white, black, 'mean-square').array()); // 1
 * ```
 *
 * @param portrait `[1, H, W, 3]`
 * @param input `[1, H, W, 3]`, same range
 * @param reduction default `'norm'`, as the paper writes it. The paper's authors ran the mean square over [−1, 1] at
 *   weight 10: over [0, 1] that is weight 40
 * @param region `[1, H, W, 1]`, weight of each pixel
 */
export function consistencyLoss(
  portrait: tf.Tensor4D,
  input: tf.Tensor4D,
  reduction: FidelityReduction = 'norm',
  region?: tf.Tensor4D,
): tf.Scalar {
  return distance(portrait, input, reduction, region);
}
