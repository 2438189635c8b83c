import type { Random } from '../random';
import type { Interval } from './types';

/**
 * Percentile bootstrap: the statistic on `resamples` draws of `count` items with replacement, of which the
 * middle 95 % are kept (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, §13.3).
 *
 * @param statistic of the items with the given indices; draws where it is not finite are left out
 * @returns `[NaN, NaN]` when no draw gave a finite value
 */
export function bootstrapInterval(
  count: number,
  statistic: (indices: Uint32Array) => number,
  random: Random,
  resamples: number,
): Interval {
  const indices = new Uint32Array(count);
  const values: number[] = [];
  for (let draw = 0; draw < resamples; draw++) {
    for (let i = 0; i < count; i++) indices[i] = random.integer(count);
    const value = statistic(indices);
    if (Number.isFinite(value)) values.push(value);
  }
  values.sort((a, b) => a - b);
  return [quantile(values, 0.025), quantile(values, 0.975)];
}

/** Linear interpolation between the order statistics (R's type 7). */
function quantile(sorted: readonly number[], probability: number): number {
  if (sorted.length === 0) return Number.NaN;
  const position = probability * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (position - below) * (high - low);
}
