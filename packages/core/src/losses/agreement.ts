import * as tf from '@tensorflow/tfjs-core';

/** What the predictions should agree with: made once from views of the input, constant afterwards. */
export interface FixedTarget {
  /** Mean matte over the views, refined or not, `[1, H, W, 1]`; absent when the matting model has no gradient. */
  readonly alpha?: tf.Tensor4D;
  /** Mean class probabilities over the views, `[1, H, W, 3]`; absent when the matting model uses no trimap. */
  readonly classes?: tf.Tensor4D;
  /** Where to compare, `[1, H, W, 1]`: the pixels that any view calls unknown. */
  readonly region: tf.Tensor4D;
}

/** A target with everything that a model may be compared with. */
export type CompleteTarget = Required<FixedTarget>;

/** The matte is what counts; the classes keep the trimap from drifting. Chosen on held-out training portraits. */
const ALPHA_WEIGHT = 60;

/**
 * Not in the paper. Distance of the current predictions to a fixed target: cross-entropy of the trimap
 * classes minus the target's own entropy (that is, the KL divergence; 0 when they agree) plus 60 times
 * the mean square of the alpha error, both over the uncertain region. What the target or the predictions lack
 * counts nothing.
 *
 * A fixed target has no trivial solution, unlike entropy (any confident trimap) or agreement of two moving
 * predictions (an empty matte).
 *
 * ```ts
 * import { agreementLoss } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const alpha: tf.Tensor4D = tf.ones([1, 8, 8, 1]);
 * const loss = agreementLoss({ alpha, region: alpha }, undefined, tf.zeros([1, 8, 8, 1]));
 * console.log(await loss.array()); // 60 · 1² = 60
 * ```
 *
 * @returns scalar ≥ 0
 */
export function agreementLoss(
  target: FixedTarget,
  logits: tf.Tensor4D | undefined,
  alpha: tf.Tensor4D | undefined,
): tf.Scalar {
  return tf.tidy(() => {
    const area = tf.maximum(tf.sum(target.region), 1);
    const terms: tf.Tensor[] = [];
    if (logits !== undefined && target.classes !== undefined) {
      const excess = tf.sub(tf.log(tf.add(target.classes, 1e-6)), tf.logSoftmax(logits, 3));
      const divergence = tf.sum(tf.mul(target.classes, excess), 3, true);
      terms.push(tf.div(tf.sum(tf.mul(divergence, target.region)), area));
    }
    if (alpha !== undefined && target.alpha !== undefined) {
      const square = tf.square(tf.sub(alpha, target.alpha));
      terms.push(tf.mul(tf.div(tf.sum(tf.mul(square, target.region)), area), ALPHA_WEIGHT));
    }
    return (terms.length > 0 ? tf.addN(terms) : tf.scalar(0)) as tf.Scalar;
  });
}
