import type { Random } from '../random';
import { bootstrapInterval } from './bootstrap-interval';
import { signedRankTest } from './signed-rank';
import type { Comparison } from './types';

/**
 * One error per picture, after a change against before.
 *
 * @param random for the bootstrap; the same stream gives the same intervals
 */
export function compareErrors(
  before: readonly number[],
  after: readonly number[],
  random: Random,
  resamples: number,
): Comparison {
  const all = Uint32Array.from(before, (_, index) => index);
  const percentOf = (indices: Uint32Array): number => {
    let sumBefore = 0;
    let sumAfter = 0;
    for (const index of indices) {
      sumBefore += before[index]!;
      sumAfter += after[index]!;
    }
    return relativeChange(sumBefore, sumAfter);
  };
  const imagePercentOf = (indices: Uint32Array): number => {
    let sum = 0;
    let counted = 0;
    for (const index of indices) {
      if (before[index] === 0) continue;
      sum += relativeChange(before[index]!, after[index]!);
      counted++;
    }
    return sum / counted;
  };
  const interval = (statistic: (indices: Uint32Array) => number, stream: string) =>
    bootstrapInterval(before.length, statistic, random.fork(stream), resamples);
  return {
    delta: mean(after) - mean(before),
    percent: percentOf(all),
    percentInterval: interval(percentOf, 'mean'),
    imagePercent: imagePercentOf(all),
    imagePercentInterval: interval(imagePercentOf, 'image'),
    wins: after.filter((value, index) => value < before[index]!).length,
    losses: after.filter((value, index) => value > before[index]!).length,
    ties: after.filter((value, index) => value === before[index]).length,
    signedRank: signedRankTest(after.map((value, index) => value - before[index]!)),
  };
}

/**
 * Change in per cent; 0 when nothing became nothing.
 *
 * ```ts
 * import { relativeChange } from '@latent-matte/core/evaluate';
 *
 * console.log(relativeChange(20, 15)); // -25
 * ```
 */
export const relativeChange = (before: number, after: number): number =>
  before === after ? 0 : (100 * (after - before)) / before;

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
