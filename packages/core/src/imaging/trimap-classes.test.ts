import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { overwriteKnown, trimapClasses } from './trimap-classes';

eachBackend(() => {
  it('tells the classes of any grey levels', () => {
    tf.tidy(() => {
      const trimap = tf.tensor4d(
        [0, 63 / 255, 64 / 255, 0.5, 191 / 255, 192 / 255, 1, 0.5],
        [1, 2, 4, 1],
      );
      const { background, unknown, foreground } = trimapClasses(trimap);
      expect([...background.dataSync()]).toEqual([1, 1, 0, 0, 0, 0, 0, 0]);
      expect([...unknown.dataSync()]).toEqual([0, 0, 1, 1, 1, 0, 0, 1]);
      expect([...foreground.dataSync()]).toEqual([0, 0, 0, 0, 0, 1, 1, 0]);
    });
  });

  it('overwrites the known, clips nothing, and leaves a gradient in the unknown alone', () => {
    tf.tidy(() => {
      const classes = trimapClasses(tf.tensor4d([0, 0.5, 1, 0.5], [1, 1, 4, 1]));
      const alpha = tf.tensor4d([0.25, 1.25, 0.25, -0.125], [1, 1, 4, 1]);
      const overwrite = (x: tf.Tensor) => overwriteKnown(x as tf.Tensor4D, classes);
      expect([...overwrite(alpha).dataSync()]).toEqual([0, 1.25, 1, -0.125]);
      const slope = tf.grad((x) => tf.sum(tf.mul(overwrite(x), 3)))(alpha);
      expect([...slope.dataSync()]).toEqual([0, 3, 0, 3]);
    });
  });
});
