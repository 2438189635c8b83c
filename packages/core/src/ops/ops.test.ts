import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../random';
import { checkGradient, checkLeaks } from '../testing';
import { gradientsOf } from './gradients-of';
import { pixelShuffle, pixelUnshuffle } from './pixel-shuffle';
import { stopGradient } from './stop-gradient';

const random4d = (shape: [number, number, number, number]) =>
  tf.tensor4d(createRandom(9).normals(shape.reduce((a, b) => a * b)), shape);

eachBackend(() => {
  describe('pixel shuffle', () => {
    it('orders channels by row, column, channel', () =>
      tf.tidy(() => {
        const x = tf.tensor4d([0, 1, 2, 3, 4, 5, 6, 7], [1, 2, 2, 2]);
        const y = pixelUnshuffle(x);
        expect(y.shape).toEqual([1, 1, 1, 8]);
        expect(Array.from(y.dataSync())).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      }));

    it('is undone exactly by its inverse, both ways, for batches and non-square maps', () =>
      tf.tidy(() => {
        const fine = random4d([2, 6, 4, 3]);
        const coarse = random4d([2, 3, 2, 12]);
        expect(pixelShuffle(pixelUnshuffle(fine)).dataSync()).toEqual(fine.dataSync());
        expect(pixelUnshuffle(pixelShuffle(coarse)).dataSync()).toEqual(coarse.dataSync());
        expect(pixelShuffle(coarse).shape).toEqual(fine.shape);
      }));

    it.each([
      ['pixelShuffle', pixelShuffle],
      ['pixelUnshuffle', pixelUnshuffle],
    ])('%s has the gradient that finite differences show', async (_, f) => {
      const x = random4d([2, 4, 6, 4]);
      const { relativeError } = await checkGradient((input) => f(input as tf.Tensor4D), [x]);
      x.dispose();
      expect(relativeError).toBeLessThan(1e-4);
    });
  });

  describe('stopGradient', () => {
    it('makes a constant of its result', () =>
      tf.tidy(() => {
        const x = tf.tensor1d([1, 2, 3]);
        // d/dx Σ x · [x²] with the bracket constant is x².
        const gradient = tf.grad((y) =>
          tf.sum(
            tf.mul(
              y,
              stopGradient(() => tf.square(y)),
            ),
          ),
        )(x);
        expect(Array.from(gradient.dataSync())).toEqual([1, 4, 9]);
      }));

    it('may hold operations that have no gradient', () =>
      tf.tidy(() => {
        const x = tf.tensor1d([3, 1, 2]);
        const gradient = tf.grad((y) =>
          tf.mul(
            tf.sum(y),
            stopGradient(() => tf.cast(tf.argMax(y), 'float32')),
          ),
        )(x);
        expect(Array.from(gradient.dataSync())).toEqual([0, 0, 0]);
      }));

    it('records again after an error inside', () =>
      tf.tidy(() => {
        const thrower = () => {
          throw new Error('inside');
        };
        expect(() => stopGradient(thrower)).toThrow('inside');
        const gradient = tf.grad((y) => tf.sum(tf.square(y)))(tf.tensor1d([1, 2]));
        expect(Array.from(gradient.dataSync())).toEqual([2, 4]);
      }));
  });

  describe('gradientsOf', () => {
    it('is tf.grads', () => {
      const [a, b] = [tf.scalar(3), tf.scalar(4)];
      const gradients = gradientsOf((x, y) => tf.mul(tf.square(x), y) as tf.Scalar, [a, b]);
      expect(gradients.map((gradient) => gradient.dataSync()[0])).toEqual([24, 9]);
      tf.dispose([a, b, gradients]);
    });

    it('frees what was saved when the function throws, and works afterwards', async () => {
      const x = tf.tensor1d([1, 2]);
      const error = new Error('in the middle');
      const leaks = await checkLeaks(() =>
        gradientsOf(
          (y) => {
            tf.sigmoid(tf.exp(tf.square(y)));
            throw error;
          },
          [x],
        ),
      );
      expect(leaks).toEqual({ leaked: 0, error });
      const [gradient] = gradientsOf((y) => tf.sum(tf.square(y)), [x]);
      expect(Array.from(gradient.dataSync())).toEqual([2, 4]);
      tf.dispose([x, gradient]);
    });
  });
});
