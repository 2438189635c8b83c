import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { checkGradient } from '../testing';
import { batchNormalizationInTraining } from './normalization';

eachBackend(() => {
  it('normalises by the batch, and differentiates through its statistics', async () => {
    const x = tf.randomNormal<tf.Rank.R4>([3, 4, 5, 6], 0.4, 2, 'float32', 1);
    const scale = tf.tensor1d([1, -0.5, 2, 0.3]);
    const offset = tf.tensor1d([0.1, 0, -1, 2]);
    tf.tidy(() => {
      const { y, statistics } = batchNormalizationInTraining(x, { scale, offset, channels: 4 });
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      expect(statistics.count).toBe(60);
      const first = (t: tf.Tensor) => tf.slice(t as tf.Tensor1D, 0, 4);
      const far = (a: tf.Tensor, b: tf.Tensor) => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0];
      expect(far(statistics.mean, first(mean))).toBeLessThan(1e-5);
      expect(far(statistics.variance, first(variance))).toBeLessThan(1e-4);
      const hat = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5)));
      const [normal] = tf.split(hat, [4, 2], 3);
      const [, plain] = tf.split(x, [4, 2], 3);
      const expected = tf.concat([tf.add(tf.mul(normal, scale), offset), plain], 3);
      expect(far(y, expected)).toBeLessThan(1e-4);
    });
    const run = (input: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) =>
      batchNormalizationInTraining(input as tf.Tensor4D, {
        scale: gamma as tf.Tensor1D,
        offset: beta as tf.Tensor1D,
        channels: 4,
      }).y;
    const { relativeError } = await checkGradient(run, [x, scale, offset]);
    expect(relativeError).toBeLessThan(2e-3);
    tf.dispose([x, scale, offset]);
  });
});
