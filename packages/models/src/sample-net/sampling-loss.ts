import { composite, type TrainingTruth } from '@latent-matte/core';
import { stopGradient } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { FeatureMap } from '../layers/feature-map';
import type { Sampled } from './network';

/**
 * Loss of the layers, as both stages have them, and of the matte, where the trimap is unknown. With C = F* − B* and I = α*F* + (1 − α*)B* the true layers
 * are F* = I + (1 − α*)C and B* = I − α*C:
 *
 *     L = L_α + Σ_stages (mean |F − F*| + mean |B − B*|) + mean |αF + (1 − α)B − I|
 *
 * with F and B of the fine stage in the last term. The means of colours are over pixels whose layers are known (C ≠ 0), the last over all that are unknown.
 */
export function samplingLoss(
  { foreground, background, alpha }: Sampled,
  image: FeatureMap,
  unknown: FeatureMap,
  truth: TrainingTruth,
): tf.Scalar {
  const { contrast } = truth;
  const [front, behind, known] = stopGradient(() => {
    const made = tf.tidy(() => [
      tf.add(image, tf.mul(contrast, tf.sub(1, truth.alpha))) as FeatureMap,
      tf.sub(image, tf.mul(contrast, truth.alpha)) as FeatureMap,
      tf.mul(unknown, tf.step(tf.sum(tf.abs(contrast), 3, true))) as FeatureMap,
    ]);
    return made;
  }) as [FeatureMap, FeatureMap, FeatureMap];
  const mean = (error: tf.Tensor, region: FeatureMap) =>
    // + 1: a batch may be without such pixels.
    tf.div(
      tf.sum(tf.mul(tf.mean(tf.abs(error), 3, true), region)),
      tf.add(tf.sum(region), 1),
    ) as tf.Scalar;
  return tf.addN([
    truth.alphaLoss(alpha, unknown),
    mean(tf.sub(foreground.coarse, front), known),
    mean(tf.sub(foreground.fine, front), known),
    mean(tf.sub(background.coarse, behind), known),
    mean(tf.sub(background.fine, behind), known),
    mean(tf.sub(composite(foreground.fine, background.fine, alpha), image), unknown),
  ]) as tf.Scalar;
}
