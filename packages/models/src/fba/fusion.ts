import * as tf from '@tensorflow/tfjs-core';
import type { FeatureMap } from '../layers/feature-map';

/** What the network estimates: alpha `[N, H, W, 1]`, the colours `[N, H, W, 3]`; all in [0, 1]. */
export interface FbaLayers {
  readonly alpha: FeatureMap;
  readonly foreground: FeatureMap;
  readonly background: FeatureMap;
}

/** Weight of the estimate of alpha against the compositing equation. */
const LAMBDA = 0.1;

/**
 * Makes alpha, F and B agree with I = α F + (1 − α) B (Forte & Pitié 2020):
 *
 *     F ← α I + (1 − α²) F − α (1 − α) B
 *     B ← (1 − α) I + (2α − α²) B − α (1 − α) F     (the new F), both clipped
 *     α ← (λ α + Σ (I − B)(F − B)) / (Σ (F − B)² + λ), clipped; λ = 0.1, sums over the colours
 */
export function fuse(image: FeatureMap, { alpha, foreground, background }: FbaLayers): FbaLayers {
  const beta = tf.sub<FeatureMap>(1, alpha);
  const both = tf.mul(alpha, beta);
  const squared = tf.square(alpha);
  const terms = (own: tf.Tensor, weight: tf.Tensor, color: FeatureMap, other: FeatureMap) =>
    tf.sub<FeatureMap>(tf.add(tf.mul(own, image), tf.mul(weight, color)), tf.mul(both, other));
  const newForeground = terms(alpha, tf.sub(1, squared), foreground, background);
  const newBackground = terms(beta, tf.sub(tf.mul(2, alpha), squared), background, newForeground);
  const f = tf.clipByValue(newForeground, 0, 1);
  const b = tf.clipByValue(newBackground, 0, 1);
  const apart = tf.sub(f, b);
  const along = tf.sum(tf.mul(tf.sub(image, b), apart), 3, true);
  const length = tf.sum(tf.square(apart), 3, true);
  const fused = tf.div<FeatureMap>(tf.add(tf.mul(alpha, LAMBDA), along), tf.add(length, LAMBDA));
  return { alpha: tf.clipByValue(fused, 0, 1), foreground: f, background: b };
}
