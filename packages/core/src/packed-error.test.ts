import { describe, expect, it } from 'vitest';
import * as errors from './errors';
import { packError, unpackError } from './packed-error';
import { buffersOf } from './remote/buffers-of';

const cross = (error: unknown): Error => unpackError(structuredClone(packError(error)));

describe('packError and unpackError', () => {
  const made: errors.LatentMatteError[] = [
    new errors.InvalidOptionError('Bad.', 'Mend it.'),
    new errors.InvalidImageError('Bad.', 'Mend it.'),
    new errors.ImageTooSmallError('Bad.', 'Mend it.'),
    new errors.ImageTooLargeError('Bad.', 'Mend it.'),
    new errors.NoPersonError('Bad.', 'Mend it.'),
    new errors.UnknownModelError('Bad.', 'Mend it.'),
    new errors.ModelOutputError('Bad.', 'Mend it.'),
    new errors.WeightsError('Bad.', 'Mend it.'),
    new errors.WeightFormatError('Bad.'),
    new errors.BackendError('Bad.', 'Mend it.', { cause: new TypeError('deep') }),
    new errors.OutputError('Bad.', 'Mend it.'),
    new errors.DatasetError('Bad.', 'Mend it.'),
    new errors.QueueError('Bad.', 'Mend it.', { cause: new TypeError('deep') }),
  ];

  it.each(made)('carries $name', (error) => {
    const back = cross(error) as errors.LatentMatteError;
    expect(back).toBeInstanceOf(error.constructor);
    expect(errors.LatentMatteError.isInstance(back)).toBe(true);
    expect({ ...back, message: back.message, name: back.name, stack: back.stack }).toEqual({
      ...error,
      message: error.message,
      name: error.name,
      stack: error.stack,
    });
    expect((back.cause as Error | undefined)?.message).toBe((error.cause as Error)?.message);
  });

  it('carries the best result of an aborted run', () => {
    const best = { data: new Float32Array([1, 2]) };
    const back = cross(new errors.AbortedError('Stopped.', best)) as errors.AbortedError;
    expect(back).toBeInstanceOf(errors.AbortedError);
    expect(back.best).toEqual(best);
    expect(back.message).toBe('Stopped.');
  });

  it('carries a code it does not know, other errors, other values and endless causes', () => {
    const later = new errors.LatentMatteError('LATER' as 'BACKEND', 'New.', 'Update.');
    expect(cross(later)).toMatchObject({
      code: 'LATER',
      remedy: 'Update.',
      message: 'New. Update.',
    });
    expect(cross(new TypeError('x'))).toMatchObject({ name: 'TypeError', message: 'x' });
    expect(cross('text').message).toBe('text');
    const circle = new Error('round');
    circle.cause = circle;
    expect((cross(circle).cause as Error).message).toBe('round');
  });
});

describe('buffersOf', () => {
  it('finds each buffer once, also in circles', () => {
    const data = new Float32Array(4);
    const value: Record<string, unknown> = {
      a: data,
      b: [data.subarray(1), { c: new Uint8Array(2) }],
    };
    value.self = value;
    expect(buffersOf(value)).toHaveLength(2);
    expect(
      buffersOf({ n: 1, s: 'x', none: null, shared: new Uint8Array(new SharedArrayBuffer(1)) }),
    ).toEqual([]);
  });
});
