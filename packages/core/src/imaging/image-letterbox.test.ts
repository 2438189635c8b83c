import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { FloatImage } from '../contracts';
import { resize } from '../ops/resize';
import { createRandom } from '../random';
import { frameTensor, sourceRows } from './image-letterbox';
import { fitLetterbox, frameFor, intoLetterbox, outOfLetterbox } from './letterbox';
import { resizeImage } from './resampled-rows';

function randomImage(height: number, width: number): FloatImage {
  const random = createRandom(height * 1000 + width);
  const data = Float32Array.from({ length: height * width * 3 }, () => random.uniform());
  return { width, height, channels: 3, data };
}

const tensorOf = ({ height, width, data }: FloatImage) => tf.tensor4d(data, [1, height, width, 3]);

function worstDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let worst = 0;
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i] - b[i]));
  return worst;
}

eachBackend(() => {
  it.each([
    [9, 7, 5, 4],
    [5, 8, 17, 23],
    [11, 6, 4, 13],
  ])('resizes %ix%i to %ix%i as resize() does', async (height, width, newHeight, newWidth) => {
    const image = randomImage(height, width);
    for (const method of ['area', 'bilinear', 'nearest', 'bicubic'] as const) {
      const expected = tf.tidy(() => resize(tensorOf(image), [newHeight, newWidth], method));
      const actual = resizeImage(image, [newHeight, newWidth], method);
      expect([actual.height, actual.width]).toEqual([newHeight, newWidth]);
      expect(worstDifference(actual.data, await expected.data())).toBeLessThan(1e-6);
      expected.dispose();
    }
  });

  it.each([
    [fitLetterbox([37, 20], [16, 16])],
    [fitLetterbox([6, 9], [24, 20])],
    [frameFor([10, 31], { multipleOf: 8, min: 16, max: 16 })],
  ])('frames and unframes as the letterbox of tensors does: $source in $frame', async (box) => {
    const before = tf.memory().numTensors;
    const image = randomImage(...box.source);
    const framed = frameTensor(image, box);
    const expected = tf.tidy(() => intoLetterbox(tensorOf(image), box));
    expect(worstDifference(await framed.data(), await expected.data())).toBeLessThan(1e-6);

    const back = tf.tidy(() => outOfLetterbox(framed, box));
    const rows: number[] = [];
    for (const row of (await sourceRows(framed, box))()) rows.push(...row);
    expect(worstDifference(rows, await back.data())).toBeLessThan(1e-6);
    tf.dispose([framed, expected, back]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
