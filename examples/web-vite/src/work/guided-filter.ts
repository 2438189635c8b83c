import { fromFunction } from '@latent-matte/models';
import * as tf from '@tensorflow/tfjs-core';

const WINDOW = 17;
const EPSILON = 1e-4;

/**
 * Matting without a network: in every window the matte is a linear function of the brightness that fits the trimap best
 * (He, Sun and Tang, Guided Image Filtering, PAMI 2013).
 *
 *     a = cov(I, p) / (var(I) + ε),  b = mean(p) − a mean(I),  alpha = mean(a) I + mean(b)
 */
export function guidedFilter() {
  const mean = (x: tf.Tensor4D) => tf.avgPool(x, WINDOW, 1, 'same');
  return fromFunction(
    (image, trimap) => {
      const brightness = tf.mean<tf.Tensor4D>(image, 3, true);
      const meanI = mean(brightness);
      const meanP = mean(trimap!);
      const covariance = tf.sub(mean(tf.mul(brightness, trimap!)), tf.mul(meanI, meanP));
      const variance = tf.sub(mean(tf.square(brightness)), tf.square(meanI));
      const a: tf.Tensor4D = tf.div(covariance, tf.add(variance, EPSILON));
      const b: tf.Tensor4D = tf.sub(meanP, tf.mul(a, meanI));
      return tf.clipByValue(tf.add(tf.mul(mean(a), brightness), mean(b)), 0, 1);
    },
    {
      kind: 'matting',
      name: 'guided-filter',
      license: 'MIT (no weights)',
      input: { size: { max: 1024 } },
      trimap: { as: 'input' },
    },
  );
}
