import * as tf from '@tensorflow/tfjs-core';

/**
 * Entropy of each pixel's class distribution, in nats:
 *
 *     H = −Σ_k p_k log p_k,   p = softmax(logits)
 *
 * Computed from log-softmax, so that it is finite for any finite logits.
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
 * say sum or mean; at λ₁ = 1 only the mean is of the order of the other terms.
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
