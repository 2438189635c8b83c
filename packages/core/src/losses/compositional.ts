import * as tf from '@tensorflow/tfjs-core';
import { customGradient } from '../ops/custom-gradient';

/**
 * L_ca, realism of the re-composited portrait (paper Eq. 4): −log σ(D(x)) = softplus(−D(x)), averaged over
 * the batch.
 *
 * ```ts
 * import { compositionalLoss } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const undecided = tf.tensor2d([[0]]);
 * console.log(await compositionalLoss(undecided).array()); // −log 0.5 = 0.693
 * ```
 *
 * @param logits discriminator output `[N, 1]`, before any sigmoid
 * @returns scalar ≥ 0
 */
export function compositionalLoss(logits: tf.Tensor): tf.Scalar {
  return tf.tidy(() => tf.mean(softplus(tf.neg(logits))) as tf.Scalar);
}

/**
 * log(1 + eˣ) = max(x, 0) + log1p(e^−|x|): exact for large |x|, with gradient σ(x).
 * tfjs's own kernel switches to an approximation beyond a threshold.
 *
 * ```ts
 * import { softplus } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * console.log(await softplus(tf.tensor1d([0, 100])).data()); // [0.693, 100]
 * ```
 */
export function softplus(x: tf.Tensor): tf.Tensor {
  return customGradient(
    [x],
    (x) => {
      // log(1 + y) and not log1p: the wasm backend has no Log1p, and y ≤ 1 keeps the error below 1e-7.
      const value = tf.add(tf.relu(x), tf.log(tf.add(tf.exp(tf.neg(tf.abs(x))), 1)));
      return { value, saved: [x] };
    },
    (dy, [x]) => tf.mul(dy, tf.sigmoid(x)),
  );
}
