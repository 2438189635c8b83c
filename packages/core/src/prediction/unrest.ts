import * as tf from '@tensorflow/tfjs-core';

/** Of a matte that does not change at all, or nearly so. */
const LEAST_UNREST = 1e-4;
/** Of a model with no edge that could be trusted. More than any standard deviation in [0, 1]. */
const NOTHING_KNOWN = 1;

/**
 * How a model's matte changes when only the view does, `[1, H, W, 1]`: the standard deviation over views that show the same
 * portrait. Owned by the caller.
 *
 * @param alphas of the same portrait over several views, each `[1, H, W, 1]`
 */
export function spreadOver(alphas: readonly tf.Tensor4D[]): tf.Tensor4D {
  return tf.tidy(() => {
    const { variance } = tf.moments(tf.concat([...alphas], 3), 3, true);
    return tf.sqrt(variance) as tf.Tensor4D;
  });
}

/**
 * The mean spread over a region. No truth is needed to compare two models by it, of one picture: who knows how an edge runs
 * draws it the same in the mirror and in another light. Held-out figures: docs/models.md.
 *
 * @param spread by {@link spreadOver}. @param region `[1, H, W, 1]`, weights in [0, 1]
 * @returns at least 1e-4; 1 of an empty region: who sees no edge, or contradicts itself about all of them, knows none
 */
export async function unrestWithin(spread: tf.Tensor4D, region: tf.Tensor4D): Promise<number> {
  const sums = tf.tidy(() => tf.stack([tf.sum(tf.mul(spread, region)), tf.sum(region)]));
  try {
    const [total, area] = await sums.data();
    return area > 0 ? Math.max(total / area, LEAST_UNREST) : NOTHING_KNOWN;
  } finally {
    sums.dispose();
  }
}
