import type * as tf from '@tensorflow/tfjs-core';
import type { PerceptualModel } from '../contracts';
import { type DistanceReduction, distance } from './distance';

/**
 * L_pp, perceptual distance (paper Eq. 7): ‖V(G(w, n)) − V(I)‖₂ with V the features of `model`.
 *
 * ```ts
 * import { perceptualLoss } from '@latent-matte/core/ops';
 * import { mockPerceptualModel, mockPortraits } from '@latent-matte/core/testing';
 *
 * const model = mockPerceptualModel();
 * const features = model.features(mockPortraits(64, 64, [1])); // once, before the search
 * const loss = perceptualLoss(model, mockPortraits(64, 64, [1]), features, 'mean-square');
 * console.log(await loss.array()); // 0, the same portrait
 * ```
 *
 * @param portrait `[1, H, W, 3]` in [0, 1]
 * @param inputFeatures `model.features(input)`, computed once
 * @param reduction default `'norm'`, as the paper writes it. The paper's authors ran
 *   `'sum-square'` of the features of LPIPS-VGG, which is LPIPS, of {@link blockMeans} and with a weight of 100
 */
export function perceptualLoss(
  model: PerceptualModel,
  portrait: tf.Tensor4D,
  inputFeatures: tf.Tensor4D,
  reduction: DistanceReduction = 'norm',
): tf.Scalar {
  return distance(model.features(portrait), inputFeatures, reduction);
}
