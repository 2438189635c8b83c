import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { toFloatImage } from '../imaging/raster';
import { assertAlpha, assertLogits } from './predict-matte';

beforeAll(() => tf.setBackend('cpu').then(() => {}));

describe('assertAlpha', () => {
  it.each([
    ['levels of 0…255', [0, 128, 255], /range: \[0, 255\]/],
    ['logits', [-9, 0, 9], /activation: 'sigmoid'/],
    ['logits of background alone', [-9, -8, -7], /activation: 'sigmoid'/],
    ['a sigmoid of alphas', [0.5, 0.6, 0.731], /Leave out activation/],
    ['a softmax of probabilities', [0.26894, 0.5, 0.73106], /Leave out activation: 'softmax'/],
    ['values of a tanh', [-1, 0.2, 0.99], /range: \[-1, 1\]/],
    ['values of 0…10', [0, 4, 10], /the values that mean background and foreground/],
    ['NaN', [0, Number.NaN, 1], /NaN/],
  ])('refuses %s by name', async (_, values, message) => {
    await expect(assertAlpha('m', tf.tensor1d(values))).rejects.toThrow(message);
  });

  it.each([
    ['an alpha', [0, 0.5, 1]],
    ['one that overshoots by a resize', [-0.1, 0.5, 1.1]],
    ['a soft one', [0.3, 0.5, 0.7]],
    ['one even grey', [0.5, 0.5, 0.5]],
    ['nobody', [0, 0, 0]],
  ])('takes %s', async (_, values) => {
    await assertAlpha('m', tf.tensor1d(values));
  });
});

describe('assertLogits', () => {
  const pixels = (...values: number[]) => tf.tensor4d(values, [1, 1, values.length / 3, 3]);

  it('refuses probabilities by name', async () => {
    const probabilities = tf.softmax(pixels(4, 0, 1, -3, 2, 0)) as tf.Tensor4D;
    await expect(assertLogits('m', probabilities)).rejects.toThrow(/values: 'probabilities'/);
    await expect(assertLogits('m', pixels(1, 0, Number.NaN))).rejects.toThrow(/NaN/);
  });

  it('takes logits, those of a sum of one as well', async () => {
    await assertLogits('m', pixels(4, 0, 1, -3, 2, 0));
    await assertLogits('m', pixels(2, -1.5, 0.5, -1, 1, 1));
  });
});

it('Float pictures of another scale are refused by name', () => {
  const picture = (...data: number[]) => ({
    width: data.length,
    height: 1,
    channels: 1 as const,
    data: Float32Array.from(data),
  });
  expect(() => toFloatImage(picture(0, 37, 255))).toThrow(/from 0 to 255.*Divide values/s);
  expect(() => toFloatImage(picture(-1, 0, 1))).toThrow(/from -1 to 1.*\(x \+ 1\) \/ 2/s);
  expect(toFloatImage(picture(-0.1, 0.5, 1.2)).data).toHaveLength(3);
});
