import { expect, it } from 'vitest';
import { stopWith } from './stop-with';

it('stopWith fires with the signal, before or after, until it lets go; never the signal itself', () => {
  const reason = new Error('enough');
  expect(stopWith(AbortSignal.abort(reason)).stop.signal.reason).toBe(reason);
  const [heard, left, own] = [new AbortController(), new AbortController(), new AbortController()];
  const after = stopWith(heard.signal);
  heard.abort(reason);
  expect(after.stop.signal.reason).toBe(reason);
  const released = stopWith(left.signal);
  released.release();
  left.abort();
  expect(released.stop.signal.aborted).toBe(false);
  stopWith(own.signal).stop.abort();
  expect(own.signal.aborted).toBe(false);
});
