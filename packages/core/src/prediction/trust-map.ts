import * as tf from '@tensorflow/tfjs-core';
import { boxFilter } from '../ops/box-filter';

/** Opinions are compared as means over windows of this share of the longest side: where the person is, not its hairs. */
const WINDOW = 1 / 24;
/** Spread of the opinions up to which all of them count, and from which none does. */
const AGREED = 0.25;
const CONTESTED = 0.5;

/** How far opinions on where the person is agree. Tensors are owned by the caller. */
export type Trust = {
  /** `[1, H, W, 1]`: 1 where they agree, 0 where they contradict each other or there is no picture. */
  readonly map: tf.Tensor4D;
  /** Scalar in [0, 1]: the share of what any of them takes for the person about which they agree. */
  readonly confidence: tf.Scalar;
};

/**
 * Of opinions o with means ō over a window, and spread s = max ō − min ō,
 *
 *     trust = clip((0.5 − s) / (0.5 − 0.25), 0, 1),    confidence = 1 − Σ (1 − trust) / Σ max o
 *
 * both sums over the picture.
 *
 * @param opinions each `[1, H, W, 1]` in [0, 1], 1 = person
 * @param mask `[1, H, W, 1]`, 1 on the content of the letterbox
 */
export function trustMap(opinions: readonly tf.Tensor4D[], mask: tf.Tensor4D): Trust {
  return tf.tidy(() => {
    const [, height, width] = mask.shape;
    const window = Math.max(1, 2 * Math.round((Math.max(height, width) * WINDOW) / 2) - 1);
    const union = opinions.reduce((a, b) => tf.maximum(a, b));
    const means = opinions.map((o) => boxFilter(o, window));
    const high = means.reduce((a, b) => tf.maximum(a, b));
    const low = means.reduce((a, b) => tf.minimum(a, b));
    const agreed = tf.clipByValue(
      tf.div(tf.sub(CONTESTED, tf.sub(high, low)), CONTESTED - AGREED),
      0,
      1,
    );
    const map = tf.mul(agreed, mask) as tf.Tensor4D;
    return { map, confidence: trustedShare(map, union, mask) };
  });
}

/**
 * The share of a person that is trusted: 1 − Σ (1 − trust) · mask / Σ person · mask.
 *
 * @param map `[1, H, W, 1]`, 0 outside of the mask. @param person `[1, H, W, 1]`, whatever anybody takes for the person
 * @returns scalar in [0, 1]
 */
export function trustedShare(map: tf.Tensor4D, person: tf.Tensor4D, mask: tf.Tensor4D): tf.Scalar {
  return tf.tidy(() => {
    const contested = tf.sum(tf.sub(mask, map));
    const area = tf.maximum(tf.sum(tf.mul(person, mask)), 1);
    return tf.clipByValue(tf.sub(1, tf.div(contested, area)), 0, 1) as tf.Scalar;
  });
}
