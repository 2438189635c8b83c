import { adaptiveAveragePool, customGradient } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';

const EPSILON = 1e-5;

/**
 * ReLU after the second half of MODNet's IBNorm. The first `plain` channels are left alone (their batch
 * normalisation is folded into the convolution before), the others get zero mean and unit variance per
 * picture and channel:
 *
 *     y = s·x − o,   s = 1/√(σ² + ε), o = s·μ   (s = 1, o = 0 for the plain ones)
 *
 * One operation over all channels, with its gradient written out, because cutting a map along its channels and
 * joining it again costs more on wasm than the normalisation itself:
 *
 *     dx = s·(dy − mean(dy) − y·mean(dy·y))   (the means are 0 for the plain ones)
 */
export function halfInstanceNormRelu(x: tf.Tensor4D, plain: number): tf.Tensor4D {
  const channels = x.shape[3];
  const mask = () =>
    tf.tensor1d(Float32Array.from({ length: channels }, (_, c) => (c < plain ? 0 : 1)));
  return customGradient(
    [x],
    (x) => {
      const normalized = mask();
      const mean = tf.mul(adaptiveAveragePool(x, [1, 1]), normalized);
      const centered: tf.Tensor4D = tf.sub(x, mean);
      const variance = adaptiveAveragePool(tf.square(centered), [1, 1]);
      const inverse = tf.rsqrt(tf.add(variance, EPSILON));
      const scale = tf.add(tf.sub(1, normalized), tf.mul(inverse, normalized));
      const y: tf.Tensor4D = tf.mul(centered, scale);
      return { value: tf.relu(y), saved: [y, scale] };
    },
    (dOut, [y, scale]) => {
      const dy: tf.Tensor4D = tf.mul(dOut, tf.step(y));
      const part = mask();
      const level = tf.mul(adaptiveAveragePool(dy, [1, 1]), part);
      const slope = tf.mul(adaptiveAveragePool(tf.mul(dy, y), [1, 1]), part);
      return tf.mul(tf.sub(tf.sub(dy, level), tf.mul(y, slope)), scale);
    },
  );
}
