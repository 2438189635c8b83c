import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { createRandom } from '../random';
import { checkGradient } from '../testing/gradient-check';
import { boxFilter, mirrorIndex } from './box-filter';

it('mirrors at the border pixels, again and again', () => {
  const indices = (length: number) =>
    Array.from({ length: 9 }, (_, i) => mirrorIndex(i - 4, length));
  expect(indices(3)).toEqual([0, 1, 2, 1, 0, 1, 2, 1, 0]);
  expect(indices(6)).toEqual([4, 3, 2, 1, 0, 1, 2, 3, 4]);
  expect(indices(1)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0]);
});

eachBackend(() => {
  it.each([
    [5, 7, 4],
    [5, 7, 3],
    [3, 2, 8],
    [1, 1, 2],
  ])('is the mean over a window: %d × %d, window %d', async (height, width, size) => {
    const values = createRandom(1).normals(height * width * 2);
    const x = tf.tensor4d(values, [1, height, width, 2]);
    const y = boxFilter(x, size);
    const found = await y.data();
    for (let i = 0; i < found.length; i++) {
      const [c, column, row] = [i % 2, (i >> 1) % width, Math.floor(i / 2 / width)];
      let sum = 0;
      for (let v = 0; v < size; v++) {
        for (let u = 0; u < size; u++) {
          const from = mirrorIndex(row + v - (size >> 1), height) * width;
          sum += values[(from + mirrorIndex(column + u - (size >> 1), width)) * 2 + c];
        }
      }
      expect(found[i]).toBeCloseTo(sum / size ** 2, 5);
    }
    tf.dispose([x, y]);
  });

  it('has the gradient that finite differences show', async () => {
    const x = tf.tensor4d(createRandom(2).normals(6 * 5 * 3), [1, 6, 5, 3]);
    const { relativeError } = await checkGradient((y) => boxFilter(y as tf.Tensor4D, 4), [x]);
    expect(relativeError).toBeLessThan(1e-3);
    x.dispose();
  });
});
