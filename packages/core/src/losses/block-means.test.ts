import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { blockMeans, distance } from './index';

eachBackend(() => {
  it('takes the means of blocks, and leaves small pictures as they are', () => {
    tf.tidy(() => {
      const image = tf.tensor4d([0, 2, 8, 8, 4, 6, 8, 0], [1, 2, 4, 1]);
      expect([...blockMeans(image, 2).dataSync()]).toEqual([1, 8, 5, 4]);
      const small = blockMeans(image);
      expect([...small.dataSync()]).toEqual([...image.dataSync()]);
      const square = tf.reshape(tf.range(0, 16), [1, 4, 4, 1]) as tf.Tensor4D;
      expect([...blockMeans(square, 2).dataSync()]).toEqual([2.5, 4.5, 10.5, 12.5]);
      const slope = tf.grad((x) => tf.sum(blockMeans(x as tf.Tensor4D, 2)))(square);
      expect(new Set(slope.dataSync())).toEqual(new Set([0.25]));
    });
  });

  it('sums the squares of half a million differences without losing digits', () => {
    tf.tidy(() => {
      const count = 2 ** 19;
      const values = Float32Array.from({ length: count }, (_, i) => ((i * 7919) % 1009) / 1009);
      const expected = values.reduce((sum, value) => sum + value * value, 0);
      const a = tf.tensor4d(values, [1, 1, 1, count]);
      const found = distance(a, tf.zerosLike(a), 'sum-square').dataSync()[0]!;
      expect(Math.abs(found / expected - 1)).toBeLessThan(2e-6);
      const short = tf.tensor1d([1, 2, 3]);
      expect(distance(short, tf.zerosLike(short), 'sum-square').dataSync()[0]).toBe(14);
      const slope = tf.grad((x) => distance(x, tf.zerosLike(x), 'sum-square'))(a);
      expect(slope.dataSync()[12]).toBeCloseTo(2 * values[12]!, 6);
    });
  });
});
