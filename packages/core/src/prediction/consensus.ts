import * as tf from '@tensorflow/tfjs-core';
import type { TrustedMatte, TrustedTarget } from './fixed-target';
import { trustedShare, trustMap } from './trust-map';

/** Weight of a model where its own views contradict each other, against 1 where they agree. */
const LEAST_WEIGHT = 0.02;

/**
 * What several models make of one picture, as one target. With the matte α of each, and the trust t in it that its own views
 * leave,
 *
 *     ᾱ = Σ w α / Σ w,    w = t + 0.02
 *
 * so that a model that changes its mind about a place has little to say there. Where the models contradict each other
 * about where the person is, with trust T by `trustMap` over their mattes, the target abstains: it is the first model's
 * own there, and nothing is compared. What is left is trusted as far as the surest of them trusts itself: T · max t.
 *
 * @param first of the model that the change is made for. @param others of the others; all stay the caller's
 * @param mask `[1, H, W, 1]`, 1 on the content of the letterbox
 * @returns the classes of the first; tensors are owned by the caller
 */
export async function consensus(
  first: TrustedTarget,
  others: readonly TrustedMatte[],
  mask: tf.Tensor4D,
): Promise<TrustedTarget> {
  if (others.length === 0) {
    const copy = (map: tf.Tensor4D) => tf.clone(map);
    const { alpha, classes, region, trust, confidence } = first;
    return {
      alpha: copy(alpha),
      classes: copy(classes),
      region: copy(region),
      trust: copy(trust),
      confidence,
    };
  }
  const targets = [first, ...others];
  const { share, ...made } = tf.tidy(() => {
    const mattes = targets.map(({ alpha }) => alpha);
    const agreed = trustMap(mattes, mask).map;
    const weights = targets.map(({ trust }) => tf.add(trust, LEAST_WEIGHT));
    const sum = tf.addN(mattes.map((alpha, i) => tf.mul(alpha, weights[i]!)));
    const mean = tf.div(sum, tf.addN(weights));
    const most = (maps: readonly tf.Tensor4D[]) => maps.reduce((a, b) => tf.maximum(a, b));
    const trust = tf.mul(agreed, most(targets.map((target) => target.trust))) as tf.Tensor4D;
    return {
      alpha: tf.add(first.alpha, tf.mul(agreed, tf.sub(mean, first.alpha))) as tf.Tensor4D,
      classes: tf.clone(first.classes),
      region: tf.mul(agreed, most(targets.map(({ region }) => region))) as tf.Tensor4D,
      trust,
      share: trustedShare(trust, most(mattes), mask),
    };
  });
  try {
    const [confidence] = await share.data();
    return { ...made, confidence };
  } finally {
    share.dispose();
  }
}
