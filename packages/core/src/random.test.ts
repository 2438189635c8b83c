import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from './random';

const draw = (random: Random, count = 8): number[] =>
  Array.from({ length: count }, () => random.uniform());

const mean = (values: ArrayLike<number>, power = 1): number =>
  Array.from(values).reduce((sum, value) => sum + value ** power, 0) / values.length;

/** Pearson correlation. */
function correlation(a: readonly number[], b: readonly number[]): number {
  const [ma, mb] = [mean(a), mean(b)];
  const product = a.map((value, i) => (value - ma) * (b[i] - mb));
  const spread = (values: readonly number[], m: number) =>
    Math.sqrt(
      mean(
        values.map((value) => value - m),
        2,
      ),
    );
  return mean(product) / (spread(a, ma) * spread(b, mb));
}

describe('createRandom', () => {
  it('is the same on every platform', () => {
    // Recorded once: results of users depend on these.
    const random = createRandom(1);
    expect(Array.from({ length: 4 }, () => random.integer(1_000_000))).toEqual([
      184526, 748632, 37306, 267997,
    ]);
  });

  it('repeats for a seed and differs between seeds', () => {
    expect(draw(createRandom(7))).toEqual(draw(createRandom(7)));
    expect(draw(createRandom(7))).not.toEqual(draw(createRandom(8)));
    expect(draw(createRandom(-1))).toEqual(draw(createRandom(0xffffffff)));
  });

  it('forks streams by name, whatever was drawn before', () => {
    const fresh = createRandom(3);
    const used = createRandom(3);
    draw(used);
    expect(draw(used.fork('a'))).toEqual(draw(fresh.fork('a')));
    expect(draw(fresh.fork('a'))).not.toEqual(draw(fresh.fork('b')));
    expect(draw(createRandom(4).fork('a'))).not.toEqual(draw(fresh.fork('a')));
    expect(draw(fresh)).toEqual(draw(createRandom(3)));
  });

  it('forks streams that are independent of each other and of their parent', () => {
    const random = createRandom(5);
    const streams = [random, random.fork('a'), random.fork('b')].map((s) => draw(s, 20_000));
    for (const [i, j] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ]) {
      // Standard error 1/√20000 = 0.007.
      expect(Math.abs(correlation(streams[i], streams[j]))).toBeLessThan(0.03);
    }
  });

  it('draws uniformly from [0, 1)', () => {
    const values = draw(createRandom(2), 50_000);
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(mean(values)).toBeCloseTo(0.5, 2);
    expect(mean(values, 2)).toBeCloseTo(1 / 3, 2);
    expect(Math.abs(correlation(values.slice(1), values.slice(0, -1)))).toBeLessThan(0.02);
  });

  it('draws every integer below the bound about equally often', () => {
    const random = createRandom(2);
    const counts = [0, 0, 0, 0, 0];
    for (let i = 0; i < 10_000; i++) counts[random.integer(5)]++;
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });

  it('draws normals with the moments of the standard normal', () => {
    const values = createRandom(9).normals(100_000);
    // Standard errors: 0.003, 0.0045, 0.012, 0.03.
    expect(Math.abs(mean(values))).toBeLessThan(0.015);
    expect(Math.abs(mean(values, 2) - 1)).toBeLessThan(0.02);
    expect(Math.abs(mean(values, 3))).toBeLessThan(0.05);
    expect(Math.abs(mean(values, 4) - 3)).toBeLessThan(0.12);
    expect(values.every(Number.isFinite)).toBe(true);
  });

  it('gives the same normals one by one as in bulk', () => {
    const one = createRandom(6);
    const expected = Float32Array.from({ length: 5 }, () => one.normal());
    expect(createRandom(6).normals(5)).toEqual(expected);
  });
});
