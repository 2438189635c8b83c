import { expect, it } from 'vitest';
import { lossFrame } from './loss-frame';
import type { Parts } from './parts';

const networks = {
  trimap: { input: { multipleOf: 16, min: 64, max: 512 } },
  reference: { input: { multipleOf: 32, min: 64, max: 1024 } },
} as Pick<Parts, 'trimap' | 'reference'>;

it('losses look at a size that the networks accept', () => {
  expect(lossFrame([256, 128], networks, Number.POSITIVE_INFINITY)).toEqual([256, 128]);
  expect(lossFrame([32, 32], networks, Number.POSITIVE_INFINITY)).toEqual([64, 64]);
  expect(lossFrame([1024, 1024], networks, Number.POSITIVE_INFINITY)).toEqual([512, 512]);
});

it('losses look at the portrait as it is where the networks have a size of their own', () => {
  expect(lossFrame([32, 32], undefined, Number.POSITIVE_INFINITY)).toEqual([32, 32]);
  expect(lossFrame([1024, 1024], undefined, Number.POSITIVE_INFINITY)).toEqual([1024, 1024]);
  expect(lossFrame([1024, 512], undefined, 256)).toEqual([256, 128]);
});
