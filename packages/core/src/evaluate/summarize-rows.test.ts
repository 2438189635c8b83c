import { describe, expect, it } from 'vitest';
import { createRandom } from '../random';
import { bootstrapInterval } from './bootstrap-interval';
import { summarizeRows } from './summarize-rows';
import type { EvaluationRow } from './types';

const row = (original: number, enhanced: number, rest: Partial<EvaluationRow> = {}) => ({
  name: 'a',
  original: { grad: original, conn: original, mse: original, sad: original },
  enhanced: { grad: enhanced, conn: enhanced, mse: enhanced, sad: enhanced },
  psnr: 40,
  ssim: 0.9,
  seconds: 2,
  bestStep: 3,
  ...rest,
});

describe('summarizeRows', () => {
  it('adds up means, changes, wins and losses', () => {
    const summary = summarizeRows([row(10, 5), row(2, 3), row(4, 4), row(0, 0)])!;
    const { grad } = summary.metrics;
    expect(summary.images).toBe(4);
    expect(grad.original).toBe(4);
    expect(grad.enhanced).toBe(3);
    expect(grad.delta).toBe(-1);
    expect(grad.percent).toBe(-25);
    // −50 %, +50 %, 0 %; the picture with nothing wrong has no relative change.
    expect(grad.imagePercent).toBe(0);
    expect([grad.wins, grad.losses, grad.ties]).toEqual([1, 1, 2]);
  });

  it('averages PSNR over the changed pictures only', () => {
    const unchanged = row(1, 1, { psnr: Number.POSITIVE_INFINITY, ssim: 1 });
    expect(summarizeRows([row(1, 1), unchanged])).toMatchObject({
      psnr: 40,
      unchanged: 1,
      ssim: 0.95,
      seconds: 2,
    });
    expect(summarizeRows([unchanged])?.psnr).toBeNull();
  });

  it('puts the change inside an interval that is the same for the same seed', () => {
    const random = createRandom(5);
    const rows = Array.from({ length: 40 }, () => {
      const original = 5 + random.uniform();
      return row(original, original * (0.98 + 0.01 * random.normal()));
    });
    const { mse } = summarizeRows(rows, { seed: 1 })!.metrics;
    expect(mse.percentInterval[0]).toBeLessThan(mse.percent);
    expect(mse.percentInterval[1]).toBeGreaterThan(mse.percent);
    // Standard error 1 % / √40 = 0.16 %, so the interval is about ±0.31 wide.
    expect(mse.imagePercentInterval[1] - mse.imagePercentInterval[0]).toBeGreaterThan(0.4);
    expect(mse.imagePercentInterval[1] - mse.imagePercentInterval[0]).toBeLessThan(0.85);
    expect(summarizeRows(rows, { seed: 1 })!.metrics.mse).toEqual(mse);
    expect(summarizeRows(rows, { seed: 2 })!.metrics.mse.percentInterval).not.toEqual(
      mse.percentInterval,
    );
  });

  it('has nothing to say about no rows', () => {
    expect(summarizeRows([])).toBeUndefined();
  });
});

describe('bootstrapInterval', () => {
  const mean = (values: number[]) => (indices: Uint32Array) =>
    indices.reduce((sum, index) => sum + values[index]!, 0) / indices.length;

  it('is a point for equal values', () => {
    expect(bootstrapInterval(5, mean([2, 2, 2, 2, 2]), createRandom(0), 100)).toEqual([2, 2]);
  });

  it('covers the true mean about 95 times in 100', () => {
    const random = createRandom(3);
    let covered = 0;
    for (let trial = 0; trial < 200; trial++) {
      const values = [...random.normals(50)];
      const [low, high] = bootstrapInterval(50, mean(values), random, 300);
      if (low <= 0 && 0 <= high) covered++;
    }
    expect(covered).toBeGreaterThan(175);
    expect(covered).toBeLessThan(200);
  });

  it('leaves out draws without a value', () => {
    const [low, high] = bootstrapInterval(1, () => Number.NaN, createRandom(0), 10);
    expect([low, high]).toEqual([Number.NaN, Number.NaN]);
  });
});
