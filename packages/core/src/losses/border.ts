import * as tf from '@tensorflow/tfjs-core';
import { maxPool } from '../ops/pooling';

/** What the border loss is anchored to, made once from the input. All `[1, H, W, 1]`. */
export type BorderTarget = {
  /** 1 at unknown pixels that touch known foreground and no known background: alpha is to be 1 there. */
  readonly foreground: tf.Tensor4D;
  /** 1 at unknown pixels that touch known background and no known foreground: alpha is to be 0 there. */
  readonly background: tf.Tensor4D;
  /** 1 at unknown pixels. */
  readonly unknown: tf.Tensor4D;
  /** α₀, the matte of the input. */
  readonly start: tf.Tensor4D;
};

/** Weight of the distance to the matte at the start. */
const START_WEIGHT = 0.1;

/**
 * The borders of the unknown region of a trimap. Tensors are owned by the caller.
 *
 * ```ts
 * import { borderTarget } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const trimap = tf.tensor4d([1, 0.5, 0.5, 0], [1, 1, 4, 1]);
 * const target = borderTarget(trimap, trimap, tf.onesLike(trimap));
 * console.log(await target.foreground.data()); // [0, 1, 0, 0]
 * console.log(await target.background.data()); // [0, 0, 1, 0]
 * ```
 *
 * @param trimap `[1, H, W, 1]`: 0, 0.5, 1. @param start α₀. @param mask 1 on the content of the letterbox
 */
export function borderTarget(
  trimap: tf.Tensor4D,
  start: tf.Tensor4D,
  mask: tf.Tensor4D,
): BorderTarget {
  return tf.tidy(() => {
    const is = (level: number): tf.Tensor4D =>
      tf.mul(tf.cast(tf.equal(trimap, level), 'float32'), mask);
    const near = (map: tf.Tensor4D): tf.Tensor4D =>
      maxPool(map, { size: 3, stride: 1, padding: 1 });
    const [unknown, background, foreground] = [is(0.5), near(is(0)), near(is(1))];
    const only = (one: tf.Tensor4D, other: tf.Tensor4D): tf.Tensor4D =>
      tf.mul(unknown, tf.mul(one, tf.sub(1, other)));
    return {
      foreground: only(foreground, background),
      background: only(background, foreground),
      unknown,
      start: tf.clone(start),
    };
  });
}

/**
 * Border-anchored loss, after LSA-Matting: the edges of the unknown region go to what they touch, and alpha stays near
 * where it began, so that it cannot collapse.
 *
 *     L = mean_F (1 − α) + mean_B α + 0.1 · (mean_U |α − α₀|)²
 *
 * ```ts
 * import { borderLoss, borderTarget } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const trimap = tf.tensor4d([1, 0.5, 0.5, 0], [1, 1, 4, 1]);
 * const target = borderTarget(trimap, trimap, tf.onesLike(trimap));
 * console.log(await borderLoss(target, trimap).array()); // 0.5 + 0.5 + 0.1 · 0² = 1
 * ```
 *
 * @param alpha `[1, H, W, 1]` in [0, 1]
 * @returns scalar ≥ 0
 */
export function borderLoss(
  { foreground, background, unknown, start }: BorderTarget,
  alpha: tf.Tensor4D,
): tf.Scalar {
  return tf.tidy(() => {
    const meanOver = (values: tf.Tensor, where: tf.Tensor4D) =>
      tf.div(tf.sum(tf.mul(values, where)), tf.maximum(tf.sum(where), 1));
    const drift = meanOver(tf.abs(tf.sub(alpha, start)), unknown);
    return tf.addN([
      meanOver(tf.sub(1, alpha), foreground),
      meanOver(alpha, background),
      tf.mul(tf.square(drift), START_WEIGHT),
    ]) as tf.Scalar;
  });
}
