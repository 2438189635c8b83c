import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { errorsNearTies, tolerateAmplifiedRounding } from './last-bits';
import { maxError, type PendingMeasurement } from './measurement';

eachBackend(() => {
  describe('a tie that rounding decides', () => {
    it('is found at an input that differs in its last bit, and said', async () => {
      const x = tf.tensor1d([1, 1]);
      // Taken from the second of two equal values; the reference took the first.
      const errorsAt = (there: tf.Tensor): PendingMeasurement[] => {
        const [a, b] = there.dataSync();
        return [maxError('chosen', [a! > b! ? 0 : 1], [0], 1e-6)];
      };
      const [found] = await errorsNearTies(x, errorsAt, 'pair');
      expect(found!.error).toBe(0);
      expect(found!.note).toMatch(/^of the pair moved by .*rounding decides a tie$/);
      x.dispose();
    });

    it('keeps what was said of a value besides', async () => {
      const x = tf.tensor1d([1, 1]);
      const errorsAt = (there: tf.Tensor): PendingMeasurement[] => {
        const [a, b] = there.dataSync();
        return [{ ...maxError('chosen', [a! > b! ? 0 : 1], [0], 1e-6), note: 'in three levels' }];
      };
      const [found] = await errorsNearTies(x, errorsAt);
      expect(found!.note).toMatch(/rounding decides a tie; in three levels$/);
      x.dispose();
    });

    it('excuses no error of ours', async () => {
      const x = tf.tensor1d([1, 2]);
      const errorsAt = (there: tf.Tensor) => [
        maxError('value', [...there.dataSync()], [1, 3], 1e-6),
      ];
      const [found] = await errorsNearTies(x, errorsAt);
      expect(found!.error).toBeGreaterThan(0.99);
      x.dispose();
    });
  });

  describe('a path that amplifies rounding', () => {
    /** x ↦ scale · x, and a reference that is off by `off`. */
    const path = (x: tf.Tensor, scale: number, off: number) => {
      const wanted = Array.from(x.dataSync(), (value) => scale * value - off);
      return (there: tf.Tensor) => [
        maxError(
          'x_delta',
          Array.from(there.dataSync(), (value) => scale * value),
          wanted,
          1e-4,
        ),
      ];
    };
    const judged = async (scale: number, off: number, isOfPath = true) => {
      const x = tf.ones([100]);
      const errorsAt = path(x, scale, off);
      const [found] = await tolerateAmplifiedRounding(errorsAt(x), () => isOfPath, x, errorsAt);
      x.dispose();
      return found!;
    };

    it('may be off by what a change of 4e-6 does, which is said', async () => {
      const found = await judged(100, 2e-4);
      expect(found.error).toBeLessThan(found.tolerance);
      expect(found.note).toMatch(/moved by 3\..*e-4.*off by 2\.00e-4, stated 1\.00e-4/);
    });

    it('may not be off by more, nor may what is no path', async () => {
      expect((await judged(100, 1e-3)).tolerance).toBe(1e-4);
      expect((await judged(100, 2e-4, false)).tolerance).toBe(1e-4);
      expect((await judged(1, 2e-4)).note).toBeUndefined();
    });

    it('is left as it is where it is within its tolerance', async () => {
      expect((await judged(100, 5e-5)).note).toBeUndefined();
    });
  });
});
