import * as tf from '@tensorflow/tfjs-core';
import type { TrustedMatte, TrustedTarget } from './fixed-target';
import { trustedShare, trustMap } from './trust-map';

/** Weight of a model where its own views contradict each other, against 1 where they agree. */
const LEAST_WEIGHT = 0.02;
/** How steeply a model's word loses weight with its unrest. Chosen on 58 held-out pictures, see docs/models.md. */
const STEEPNESS = 3;

/**
 * What several models make of one picture, as one target. With the matte α of each, the trust t in it that its own views
 * leave, and its unrest u, how much the matte changes with the view,
 *
 *     ᾱ = Σ w α / Σ w,    w = (t + 0.02) · u⁻³
 *
 * so that a model that changes its mind about a place has little to say there, and one that knows how edges run more than
 * one that does not, whichever of them the change is made for. Where the models contradict each other
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
    const { alpha, classes, region, trust, confidence, unrest } = first;
    return {
      alpha: copy(alpha),
      classes: copy(classes),
      region: copy(region),
      trust: copy(trust),
      confidence,
      unrest,
    };
  }
  const targets = [first, ...others];
  const calmest = Math.min(...targets.map(({ unrest }) => unrest));
  const { share, ...made } = tf.tidy(() => {
    const mattes = targets.map(({ alpha }) => alpha);
    const agreed = trustMap(mattes, mask).map;
    const weights = targets.map(({ trust, unrest }) =>
      tf.mul(tf.add(trust, LEAST_WEIGHT), (calmest / unrest) ** STEEPNESS),
    );
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
    return { ...made, confidence, unrest: calmest };
  } finally {
    share.dispose();
  }
}
