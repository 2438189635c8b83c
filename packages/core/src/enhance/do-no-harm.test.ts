import { expect, it } from 'vitest';
import type { FloatImage } from '../contracts';
import { losesPerson, psnrWithin } from './do-no-harm';

const row = (values: number[]): FloatImage => ({
  width: values.length,
  height: 1,
  channels: 1,
  data: Float32Array.from(values),
});

it('scales the allowed change by the confidence, and leaves no bound no bound', () => {
  expect(psnrWithin(45, 1)).toBe(45);
  expect(psnrWithin(45, 0.5)).toBeCloseTo(45 + 6.02, 2);
  expect(psnrWithin(0, 0.5)).toBe(0);
});

it('tells a lost person from a smaller edge, and counts no gain against a loss', () => {
  const before = row([1, 1, 1, 1, 1, 1, 1, 1, 0, 0]);
  expect(losesPerson(before, row([1, 1, 1, 1, 1, 1, 1, 0.5, 0, 0]))).toBe(false);
  expect(losesPerson(before, row([1, 1, 1, 1, 1, 1, 1, 0, 0, 0]))).toBe(true);
  expect(losesPerson(before, row([1, 1, 1, 1, 1, 1, 1, 0, 1, 1]))).toBe(true);
  expect(losesPerson(row([0, 0]), row([0, 0]))).toBe(false);
});
