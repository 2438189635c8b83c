import * as tf from '@tensorflow/tfjs-core';

/**
 * Entropy of each pixel's class distribution, in nats:
 *
 *     H = −Σ_k p_k log p_k,   p = softmax(logits)
 *
 * Computed from log-softmax, so that it is finite for any finite logits.
 *
 * ```ts
 * import { entropyMap } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const map = entropyMap(tf.tensor4d([0, 0, 0, 0, 99, 0], [1, 1, 2, 3]));
 * console.log(await map.data()); // [ln 3 = 1.099, 0]
 * ```
 *
 * @param logits `[N, H, W, 3]`
 * @returns `[N, H, W]` in [0, ln 3]
 */
export function entropyMap(logits: tf.Tensor4D): tf.Tensor3D {
  return tf.tidy(() => {
    const logarithms = tf.logSoftmax(logits, 3);
    return tf.neg(tf.sum(tf.mul(tf.exp(logarithms), logarithms), 3)) as tf.Tensor3D;
  });
}

/**
 * L_em, the confidence of the trimap model (paper Eq. 3): the mean entropy over pixels. The paper does not
 * say sum or mean; its authors take the mean.
 *
 * ```ts
 * import { entropyLoss } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const logits: tf.Tensor4D = tf.zeros([1, 8, 8, 3]);
 * console.log(await entropyLoss(logits).array()); // nothing is known: ln 3 = 1.099
 * ```
 *
 * @param logits `[N, H, W, 3]`
 * @param region `[N, H, W, 1]`, weight of each pixel. Default: all pixels alike
 * @returns scalar in [0, ln 3]
 */
export function entropyLoss(logits: tf.Tensor4D, region?: tf.Tensor4D): tf.Scalar {
  return tf.tidy(() => {
    const map = entropyMap(logits);
    if (region === undefined) return tf.mean(map) as tf.Scalar;
    const weights = tf.squeeze(region, [3]);
    return tf.div(tf.sum(tf.mul(map, weights)), tf.maximum(tf.sum(weights), 1)) as tf.Scalar;
  });
}

/** Nearer to 0 or 1 than this, a pixel counts as certain: the logarithm stays finite, and nothing pulls at it. */
const CERTAIN = 1e-6;

/**
 * Ours, not the paper's, for a matting model without trimap, of which the paper leaves the entropy out (IV-C): that of its
 * own matte, in which every pixel is foreground with probability α.
 *
 *     H = −α ln α − (1 − α) ln(1 − α)
 *
 * Semi-transparent hair is uncertain by this measure, and is pushed to one side: use it with care.
 *
 * ```ts
 * import { alphaEntropyLoss } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const alpha = tf.tensor4d([0.5, 1], [1, 1, 2, 1]);
 * console.log(await alphaEntropyLoss(alpha).array()); // (ln 2 + 0) / 2 = 0.347
 * ```
 *
 * @param alpha `[N, H, W, 1]` in [0, 1]
 * @param region `[N, H, W, 1]`, weight of each pixel. Default: all pixels alike
 * @returns scalar in [0, ln 2]
 */
export function alphaEntropyLoss(alpha: tf.Tensor4D, region?: tf.Tensor4D): tf.Scalar {
  return tf.tidy(() => {
    const p = tf.clipByValue(alpha, CERTAIN, 1 - CERTAIN);
    const q = tf.sub(1, p);
    const map = tf.neg(tf.add(tf.mul(p, tf.log(p)), tf.mul(q, tf.log(q))));
    if (region === undefined) return tf.mean(map) as tf.Scalar;
    return tf.div(tf.sum(tf.mul(map, region)), tf.maximum(tf.sum(region), 1)) as tf.Scalar;
  });
}
