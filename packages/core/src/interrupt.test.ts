import { afterEach, expect, it, vi } from 'vitest';
import { AbortedError } from './errors';
import { interruptWhen, throwIfInterrupted } from './interrupt';

afterEach(() => {
  interruptWhen(() => false);
  vi.useRealTimers();
});

it('stops what goes on for seconds after it was asked to stop, and nothing else', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  let wanted = false;
  interruptWhen(() => wanted);
  throwIfInterrupted();
  wanted = true;
  throwIfInterrupted();
  vi.advanceTimersByTime(1999);
  throwIfInterrupted();
  // Whoever heard of it takes the wish back, and finishes in peace.
  wanted = false;
  throwIfInterrupted();
  vi.advanceTimersByTime(9000);
  wanted = true;
  throwIfInterrupted();
  vi.advanceTimersByTime(2000);
  expect(throwIfInterrupted).toThrow(AbortedError);
});
