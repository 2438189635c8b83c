import * as tf from '@tensorflow/tfjs-core';

/** Of a matte that does not change at all, or nearly so. */
const LEAST_UNREST = 1e-4;

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
 * @returns at least 1e-4
 */
export async function unrestWithin(spread: tf.Tensor4D, region: tf.Tensor4D): Promise<number> {
  const mean = tf.tidy(() => tf.div(tf.sum(tf.mul(spread, region)), tf.maximum(tf.sum(region), 1)));
  try {
    const [unrest] = await mean.data();
    return Math.max(unrest, LEAST_UNREST);
  } finally {
    mean.dispose();
  }
}
