import { InvalidOptionError } from '../errors';

/** Wilcoxon's signed-rank test of paired differences against "no change", two-sided. */
export interface SignedRankTest {
  /** The smaller of the two sums of ranks, of positive and of negative differences. */
  readonly statistic: number;
  /** Differences that are not zero; zeros are left out (Wilcoxon's own rule). */
  readonly pairs: number;
  /** 1 when no difference is left. */
  readonly pValue: number;
  readonly method: 'exact' | 'normal';
}

/** Up to here the distribution is counted out: 2⁵⁰ signs in 50 × 2550 additions. */
const MAX_EXACT_PAIRS = 50;

/**
 * Wilcoxon's signed-rank test (Biometrics Bulletin 1, 1945). Equal absolute differences share their mean rank.
 *
 * `'exact'` counts the distribution of the rank sum over all signs, given the ranks that occurred, so it holds with
 * ties too. `'normal'` approximates it, with the variance corrected for ties and no continuity correction (as
 * `scipy.stats.wilcoxon(method='asymptotic')` does). `'auto'` (default) is exact for at most 50 pairs.
 *
 * ```ts
 * import { signedRankTest } from '@latent-matte/core/evaluate';
 *
 * const changes = [-0.4, -0.1, -0.8, 0.2, -0.5, -0.3];
 * console.log(signedRankTest(changes).pValue);
 * ```
 *
 * @throws InvalidOptionError a difference is NaN or infinite, or `'exact'` was asked for too many pairs
 */
export function signedRankTest(
  differences: readonly number[],
  method: 'auto' | 'exact' | 'normal' = 'auto',
): SignedRankTest {
  if (!differences.every(Number.isFinite)) {
    throw new InvalidOptionError('A paired difference is not finite.', 'Leave such pairs out.');
  }
  const changed = differences.filter((difference) => difference !== 0);
  const pairs = changed.length;
  const chosen = method === 'auto' ? (pairs <= MAX_EXACT_PAIRS ? 'exact' : 'normal') : method;
  if (chosen === 'exact' && pairs > MAX_EXACT_PAIRS) {
    throw new InvalidOptionError(
      `The exact test was asked for ${pairs} pairs.`,
      `Use at most ${MAX_EXACT_PAIRS}, or method 'normal'.`,
    );
  }
  if (pairs === 0) return { statistic: 0, pairs, pValue: 1, method: chosen };
  const { doubledRanks, tieSizes } = midranks(changed.map(Math.abs));
  let positive = 0;
  let total = 0;
  for (const [index, rank] of doubledRanks.entries()) {
    total += rank;
    if (changed[index]! > 0) positive += rank;
  }
  const smaller = Math.min(positive, total - positive);
  const pValue =
    chosen === 'exact'
      ? Math.min(1, 2 * lowerTail(doubledRanks, total, smaller))
      : normalPValue(pairs, smaller / 2, tieSizes);
  return { statistic: smaller / 2, pairs, pValue, method: chosen };
}

/** Ranks from 1, times two so that the mean of a tie is whole, in the order of `values`; and the sizes of ties. */
function midranks(values: readonly number[]): { doubledRanks: Uint32Array; tieSizes: number[] } {
  const order = values.map((_, index) => index).sort((a, b) => values[a]! - values[b]!);
  const doubledRanks = new Uint32Array(values.length);
  const tieSizes: number[] = [];
  for (let first = 0; first < order.length; ) {
    let end = first + 1;
    while (end < order.length && values[order[end]!] === values[order[first]!]) end++;
    // The mean of ranks first + 1 … end, doubled.
    for (let i = first; i < end; i++) doubledRanks[order[i]!] = first + 1 + end;
    tieSizes.push(end - first);
    first = end;
  }
  return { doubledRanks, tieSizes };
}

/** P(sum of the ranks with a positive sign ≤ `bound`) when every sign is a fair coin. */
function lowerTail(doubledRanks: Uint32Array, total: number, bound: number): number {
  const probability = new Float64Array(total + 1);
  probability[0] = 1;
  let reach = 0;
  for (const rank of doubledRanks) {
    reach += rank;
    for (let sum = reach; sum >= 0; sum--) {
      const without = probability[sum]!;
      const including = sum >= rank ? probability[sum - rank]! : 0;
      probability[sum] = (without + including) / 2;
    }
  }
  return probability.subarray(0, bound + 1).reduce((sum, value) => sum + value, 0);
}

function normalPValue(pairs: number, statistic: number, tieSizes: readonly number[]): number {
  const mean = (pairs * (pairs + 1)) / 4;
  const ties = tieSizes.reduce((sum, size) => sum + (size ** 3 - size), 0);
  const variance = (pairs * (pairs + 1) * (2 * pairs + 1)) / 24 - ties / 48;
  return complementaryErrorFunction(Math.abs(statistic - mean) / Math.sqrt(2 * variance));
}

/**
 * erfc(x) for x ≥ 0, relative error below 1.2e-7 (Press et al., "Numerical Recipes in C", 1992, §6.2).
 */
function complementaryErrorFunction(x: number): number {
  const t = 1 / (1 + x / 2);
  const coefficients = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398,
    1.48851587, -0.82215223, 0.17087277,
  ];
  const exponent = coefficients.reduceRight((sum, coefficient) => sum * t + coefficient, 0);
  return t * Math.exp(-x * x + exponent);
}
