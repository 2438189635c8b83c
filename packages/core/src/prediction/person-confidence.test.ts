import { describe, expect, it } from 'vitest';
import type { FloatImage } from '../contracts';
import { NoPersonError } from '../errors';
import { assertSomething, confidenceOf, SURE } from './person-confidence';

const SIDE = 64;
const map = (at: (x: number, y: number) => number): FloatImage => ({
  width: SIDE,
  height: SIDE,
  channels: 1,
  data: Float32Array.from({ length: SIDE * SIDE }, (_, p) => at(p % SIDE, Math.floor(p / SIDE))),
});
const head = (x: number, y: number): number => (Math.hypot(x - 32, y - 40) < 20 ? 1 : 0);

describe('confidenceOf', () => {
  it('is high for one opaque shape, and falls with what is undecided', () => {
    const whole = confidenceOf(map(head));
    const thin = confidenceOf(map((x, y) => head(x, y) * 0.7));
    expect(whole).toBeGreaterThan(0.95);
    expect(thin).toBeLessThan(SURE);
    const hairy = confidenceOf(map((x, y) => (head(x, y) && y < 26 ? 0.6 : head(x, y))));
    expect(hairy).toBeGreaterThan(SURE);
    expect(hairy).toBeLessThan(whole);
  });

  it('is lower for scraps than for one piece of the same opacity', () => {
    const scraps = map((x, y) => ((x >> 2) + (y >> 2)) % 2);
    expect(confidenceOf(scraps)).toBeLessThan(confidenceOf(map(head)));
  });

  it('is near nought where there is nothing', () => {
    expect(confidenceOf(map(() => 0))).toBeLessThan(0.01);
  });
});

describe('assertSomething', () => {
  it('refuses next to nothing, and nothing else', () => {
    expect(() =>
      assertSomething(
        map((x, y) => (x === 0 && y < 2 ? 1 : 0)),
        'mine',
      ),
    ).toThrow(NoPersonError);
    expect(() =>
      assertSomething(
        map(() => 0),
        'mine',
      ),
    ).toThrow('"mine" sees no person: 0.00 %');
    assertSomething(
      map((x) => (x === 0 ? 0.5 : 0)),
      'mine',
    );
  });
});
