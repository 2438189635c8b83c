import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { collectGarbage, collectingGarbage } from './collect-garbage';

const large = { width: 4000, height: 3000 };
const small = { width: 400, height: 300 };

describe('collectGarbage', () => {
  it('frees what nobody refers to, beside a large photo alone', async () => {
    const left = new WeakRef({ pixels: new Float32Array(8) });
    // What a weak reference was made for stays for the turn that made it.
    await setTimeout(0);
    collectGarbage(small);
    expect(left.deref()).toBeDefined();
    await setTimeout(0);
    collectGarbage(large);
    expect(left.deref()).toBeUndefined();
  });

  it('does so again and again until it is stopped', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const stop = collectingGarbage(large);
    for (let time = 0; time < 2; time++) {
      const left = new WeakRef({});
      await setTimeout(0);
      vi.advanceTimersByTime(1000);
      expect(left.deref()).toBeUndefined();
    }
    stop();
    expect(vi.getTimerCount()).toBe(0);
    collectingGarbage(small)();
    vi.useRealTimers();
  });
});
