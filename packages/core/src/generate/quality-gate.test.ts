import { describe, expect, it } from 'vitest';
import type { FloatImage } from '../contracts';
import { defaultLimits, judgeQuality, measureQuality, resolveLimits } from './quality-gate';

const SIDE = 20;
const map = (value: (x: number, y: number) => number): FloatImage => ({
  width: SIDE,
  height: SIDE,
  channels: 1,
  data: Float32Array.from({ length: SIDE * SIDE }, (_, i) => value(i % SIDE, Math.floor(i / SIDE))),
});
/** A person of half the picture with an unknown column of one tenth. */
const person = map((x) => (x < 9 ? 1 : x < 11 ? 0.5 : 0));
const matte = (alpha = person, trimap = person, entropy = 0.1) => ({ alpha, trimap, entropy });

describe('the quality gate', () => {
  it('measures a matte', () => {
    const other = map((x) => (x < 9 ? 1 : x < 11 ? 0.75 : 0));
    expect(measureQuality(matte(), [person, other])).toEqual({
      entropy: 0.1,
      coverage: 0.5,
      unknown: 0.1,
      largestPart: 1,
      contradiction: 0,
      disagreement: 0.25,
    });
    expect(measureQuality(matte(), [])).not.toHaveProperty('disagreement');
  });

  it('accepts a sound matte', () => {
    expect(judgeQuality(measureQuality(matte(), []), defaultLimits)).toMatchObject({
      accepted: true,
      reasons: [],
    });
  });

  const empty = map(() => 0);
  const islands = map((x, y) => ((x < 4 && y < 10) || x > 15 ? 1 : 0));
  it.each([
    ['entropy', matte(person, person, 0.5), []],
    ['coverage', matte(empty, person), []],
    [
      'coverage',
      matte(
        map(() => 1),
        person,
      ),
      [],
    ],
    [
      'unknown',
      matte(
        person,
        map((x) => (x < 13 ? 0.5 : 0)),
      ),
      [],
    ],
    ['largestPart', matte(islands, islands), []],
    [
      'contradiction',
      matte(
        map(() => 0.5),
        person,
      ),
      [],
    ],
    ['disagreement', matte(), [empty]],
  ] as const)('rejects for %s, and says why', (measure, bad, others) => {
    const { accepted, reasons } = judgeQuality(measureQuality(bad, others), defaultLimits);
    expect(accepted).toBe(false);
    const reason = reasons.find((candidate) => candidate.measure === measure)!;
    expect(reason.message).toContain(reason.value.toFixed(3));
    expect(reason.message).toContain(String(reason.limit));
    expect(judgeQuality(measureQuality(bad, others), false).accepted).toBe(true);
  });

  it('takes limits of its own', () => {
    expect(resolveLimits({ maxEntropy: 0.5 })).toEqual({ ...defaultLimits, maxEntropy: 0.5 });
    expect(resolveLimits(false)).toBe(false);
    expect(() => resolveLimits({ beauty: 1 } as object)).toThrow('no limit "beauty"');
    expect(() => resolveLimits({ maxEntropy: Number.NaN })).toThrow('gate.maxEntropy is NaN');
  });
});
