import * as tf from '@tensorflow/tfjs-core';
import { selectChannels } from '../layers';

/**
 * A person segmenter read as a trimap network. With l the log-odds of the person against all other classes,
 *
 *     l = z_person − log Σ_{others} exp z,
 *
 * the logits are (−l/2, margin/2, l/2) for background, unknown, foreground: unknown is the most likely class
 * exactly where |l| < margin, and the two others are as likely relative to each other as the network says.
 *
 * ```ts
 * import { trimapFromPerson } from '@latent-matte/models';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const answer = tf.randomNormal([1, 64, 64, 21]) as tf.Tensor4D; // of a network with 21 classes
 * const trimapLogits = trimapFromPerson(answer, { index: 15, margin: 4 });
 * ```
 *
 * @param logits `[N, H, W, classes]`
 * @returns `[N, H, W, 3]`
 */
export function trimapFromPerson(
  logits: tf.Tensor4D,
  { index, margin }: { index: number; margin: number },
): tf.Tensor4D {
  return tf.tidy(() => {
    const person = selectChannels(logits, index, 1);
    const isPerson = Array.from({ length: logits.shape[3] }, (_, c) => (c === index ? 1 : 0));
    const others = tf.sub(logits, tf.mul(tf.tensor1d(isPerson), 1e9));
    const odds = tf.sub(person, tf.logSumExp(others, 3, true));
    return tf.add(
      tf.mul(odds, tf.tensor1d([-0.5, 0, 0.5])),
      tf.tensor1d([0, margin / 2, 0]),
    ) as tf.Tensor4D;
  });
}
