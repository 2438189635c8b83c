import { describe, expect, it } from 'vitest';
import { expectation, l2Error, maxError, severity } from './measurement';

describe('measurements', () => {
  it('do not let NaN pass, in either place', () => {
    expect(severity(maxError('x', [Number.NaN, 0], [0, 0], 1))).toBe(Infinity);
    expect(severity(maxError('x', [0, 0], [0, Number.NaN], 1))).toBe(Infinity);
    expect(severity(l2Error('x', [Number.NaN], [1], 1))).toBe(Infinity);
    expect(severity({ name: 'x', error: 0, tolerance: Number.NaN })).toBe(Infinity);
  });

  it('compare against their tolerance', () => {
    expect(severity(maxError('x', [1, 2.5], [1, 2], 0.5))).toBe(1);
    expect(severity(maxError('x', [Infinity], [Infinity], 0))).toBe(0);
    expect(l2Error('x', [3, 5], [3, 4], 0.1)).toMatchObject({
      name: 'x',
      error: 1,
      tolerance: 0.5,
    });
    expect(severity(expectation('x', false))).toBe(Infinity);
    expect(severity(expectation('x', true))).toBe(0);
  });

  it('refuse to compare different numbers of values', () => {
    expect(() => maxError('x', [1], [1, 2], 1)).toThrow(/1 values, the reference has 2/);
  });
});
