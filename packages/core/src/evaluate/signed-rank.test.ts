import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../errors';
import { createRandom } from '../random';
import { signedRankTest } from './signed-rank';

/** Reference figures: `scipy.stats.wilcoxon` of SciPy 1.17.1 on the same numbers. */
describe('signedRankTest', () => {
  const tied = [1, -1, 2, 2, -3, 4, 0, 4, 4, 5, -2];
  const wave = (count: number, value: (i: number) => number) =>
    Array.from({ length: count }, (_, i) => value(i + 1));
  const forty = wave(40, (i) => (Math.sin(i * 1.7) * i) / 7 + 0.9);

  it('is exact for few pairs', () => {
    const test = signedRankTest([0.5, -1.25, 2, 3.5, -0.75, 4.25, 1.5, 6]);
    expect(test).toEqual({ statistic: 5, pairs: 8, pValue: 0.078125, method: 'exact' });
    const { statistic, pValue } = signedRankTest(forty);
    expect(statistic).toBe(258);
    expect(pValue).toBeCloseTo(0.04080139504367253, 12);
  });

  it('is exact with ties and leaves out zeros', () => {
    // SciPy: PermutationMethod(n_resamples=inf).
    const test = signedRankTest(tied);
    expect(test).toMatchObject({ statistic: 11.5, pairs: 10, method: 'exact' });
    expect(test.pValue).toBeCloseTo(0.109375, 12);
  });

  it('approximates by a normal distribution with ties', () => {
    const relative = (actual: number, expected: number) => Math.abs(actual / expected - 1);
    const few = signedRankTest(tied, 'normal');
    expect(relative(few.pValue, 0.10090406338669114)).toBeLessThan(1e-6);
    expect(relative(signedRankTest(forty, 'normal').pValue, 0.0410447974289548)).toBeLessThan(1e-6);
    const many = signedRankTest(wave(120, (i) => Math.round(Math.sin(i * 1.7) * 4 + 1.1)));
    expect(many).toMatchObject({ statistic: 1670.5, pairs: 110, method: 'normal' });
    expect(relative(many.pValue, 3.4027069553644777e-5)).toBeLessThan(1e-6);
    const oneSided = signedRankTest(wave(60, (i) => i / 2 + 0.25));
    expect(oneSided.statistic).toBe(0);
    expect(relative(oneSided.pValue, 1.6295557943119345e-11)).toBeLessThan(1e-6);
  });

  it('finds nothing in nothing, and 5 % of the time in noise', () => {
    expect(signedRankTest([])).toMatchObject({ pairs: 0, pValue: 1 });
    expect(signedRankTest([0, 0])).toMatchObject({ statistic: 0, pairs: 0, pValue: 1 });
    expect(signedRankTest([3]).pValue).toBe(1);
    const random = createRandom(1);
    let found = 0;
    for (let trial = 0; trial < 400; trial++) {
      if (signedRankTest([...random.normals(20)]).pValue < 0.05) found++;
    }
    expect(found).toBeGreaterThan(5);
    expect(found).toBeLessThan(40);
  });

  it('refuses what is not a number, and exactness for thousands', () => {
    expect(() => signedRankTest([1, Number.NaN])).toThrow(InvalidOptionError);
    expect(() =>
      signedRankTest(
        wave(51, (i) => i),
        'exact',
      ),
    ).toThrow(/at most 50/);
  });
});
