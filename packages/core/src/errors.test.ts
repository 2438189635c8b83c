import { describe, expect, it } from 'vitest';
import { AbortedError, LatentMatteError, NoPersonError } from './errors';

describe('isInstance', () => {
  const aborted = new AbortedError('Cancelled.', 7);
  const nobody = new NoPersonError('Nobody.', 'Another photo.');

  it('knows the errors of this SDK from others', () => {
    expect([aborted, nobody].every((error) => LatentMatteError.isInstance(error))).toBe(true);
    const others = [new Error('Cancelled.'), 'ABORTED', null, undefined, { code: 'ABORTED' }];
    expect(others.some((other) => LatentMatteError.isInstance(other))).toBe(false);
  });

  it('of AbortedError is true for that one alone, with what it carries', () => {
    expect(AbortedError.isInstance(nobody)).toBe(false);
    expect(AbortedError.isInstance(new Error('Cancelled.'))).toBe(false);
    const error: unknown = aborted;
    expect(AbortedError.isInstance(error) && error.best).toBe(7);
  });
});
