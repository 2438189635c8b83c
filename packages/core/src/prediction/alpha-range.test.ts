import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { toFloatImage } from '../imaging/raster';
import { assertAlpha } from './predict-matte';

beforeAll(() => tf.setBackend('cpu').then(() => {}));

describe('assertAlpha', () => {
  it.each([
    ['levels of 0…255', [0, 128, 255], /range: \[0, 255\]/],
    ['logits', [-9, 0, 9], /activation: 'sigmoid'/],
    ['logits of background alone', [-9, -8, -7], /activation: 'sigmoid'/],
    ['a sigmoid of alphas', [0.5, 0.6, 0.731], /Leave out activation/],
    ['NaN', [0, Number.NaN, 1], /NaN/],
  ])('refuses %s by name', async (_, values, message) => {
    await expect(assertAlpha('m', tf.tensor1d(values))).rejects.toThrow(message);
  });

  it.each([
    ['an alpha', [0, 0.5, 1]],
    ['one that overshoots by a resize', [-0.1, 0.5, 1.1]],
    ['one even grey', [0.5, 0.5, 0.5]],
    ['nobody', [0, 0, 0]],
  ])('takes %s', async (_, values) => {
    await assertAlpha('m', tf.tensor1d(values));
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
