import type { TrainingTruth } from '@latent-matte/core';
import { stopGradient } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { FeatureMap } from '../layers/feature-map';

/** Alpha this near to 0 or 1 counts as certain: masks are resampled and compressed. */
const CERTAIN = 0.02;

/** Background, unknown and foreground of a true alpha as ones and zeros, `[N, H, W, 3]`. */
export function trueClasses(alpha: FeatureMap): FeatureMap {
  return stopGradient(() =>
    tf.tidy(() => {
      const background = tf.step(tf.sub(CERTAIN, alpha)) as FeatureMap;
      const foreground = tf.step(tf.sub(alpha, 1 - CERTAIN)) as FeatureMap;
      const unknown: FeatureMap = tf.sub(tf.sub(1, background), foreground);
      return tf.concat([background, unknown, foreground], 3);
    }),
  );
}

/** 1 where a class is the most probable, `[N, H, W, 1]`; a step, without gradient. */
export function whereLargest(logits: FeatureMap, index: 0 | 1 | 2): FeatureMap {
  return stopGradient(() =>
    tf.tidy(() => tf.cast(tf.expandDims(tf.equal(tf.argMax(logits, 3), index), 3), 'float32')),
  ) as FeatureMap;
}

/**
 * Two tasks weighted by their learned uncertainty σ (Kendall, Gal, Cipolla, CVPR 2018; paper Eq. 4):
 *
 *     L = L_T / (2 σ_T²) + L_α / σ_α² + log 2 σ_T σ_α
 *
 * L_T is the cross-entropy of the adapted trimap with the true one, mean over the picture; L_α the loss of fine-tuning over
 * the pixels that either trimap calls unknown. The network holds log σ², which may take any value.
 */
export function multiTaskLoss(
  { logits, alpha }: { readonly logits: FeatureMap; readonly alpha: FeatureMap },
  truth: TrainingTruth,
  logVariance: { readonly trimap: tf.Tensor; readonly alpha: tf.Tensor },
): tf.Scalar {
  const classes = trueClasses(truth.alpha);
  const crossEntropy = tf.neg(tf.mean(tf.sum(tf.mul(classes, tf.logSoftmax(logits)), 3)));
  const region = stopGradient(() =>
    tf.tidy(() => {
      const adapted = whereLargest(logits, 1);
      const mixed = tf.slice(classes, [0, 0, 0, 1], [-1, -1, -1, 1]) as FeatureMap;
      return tf.maximum(adapted, mixed) as FeatureMap;
    }),
  );
  const [a, b] = [logVariance.trimap, logVariance.alpha].map((value) => tf.sum(value));
  return tf.addN([
    tf.mul(tf.mul(crossEntropy, tf.exp(tf.neg(a))), 0.5),
    tf.mul(truth.alphaLoss(alpha, region), tf.exp(tf.neg(b))),
    tf.mul(tf.add(a, b), 0.5),
    tf.scalar(Math.LN2),
  ]) as tf.Scalar;
}
