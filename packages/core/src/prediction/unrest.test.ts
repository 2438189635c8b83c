import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { spreadOver, unrestWithin } from './unrest';

const map = (...values: number[]): tf.Tensor4D => tf.tensor4d(values, [1, 1, values.length, 1]);

eachBackend(() => {
  it('is the standard deviation over views, pixel by pixel', () => {
    const spread = spreadOver([map(0, 1, 0.2), map(1, 1, 0.4), map(0, 1, 0.6), map(1, 1, 0.8)]);
    const [torn, sure, unsure] = spread.dataSync();
    expect(torn).toBeCloseTo(0.5, 5);
    expect(sure).toBeCloseTo(0, 5);
    expect(unsure).toBeCloseTo(Math.sqrt(0.05), 5);
  });

  it('is its mean over a region', async () => {
    expect(await unrestWithin(map(0.1, 0.3, 0.9), map(1, 1, 0))).toBeCloseTo(0.2, 5);
    expect(await unrestWithin(map(0.1, 0.3, 0.9), map(1, 0, 1))).toBeCloseTo(0.5, 5);
  });

  it('is never zero: a model that answers everything alike is divided by it', async () => {
    expect(await unrestWithin(map(0, 0), map(1, 1))).toBe(1e-4);
  });

  it('is the most where no edge is left to judge by: nobody seen, or nothing trusted', async () => {
    expect(await unrestWithin(map(0, 1), map(0, 0))).toBe(1);
  });
});
