import { afterEach, describe, expect, it } from 'vitest';
import { setActiveBackend } from './active-backend';
import type { Backend, LongCall } from './contracts';
import { cutOut, matte } from './cutout';
import { estimateForeground } from './foreground';
import { generatePortraits, labelPortraits } from './generate';
import { invertPortrait } from './invert';
import { closedFormMatting, refineMatte } from './matting';
import { mockPortrait } from './testing';

const plain = { platform: 'node', device: 'cpu', limits: {} } as unknown as Backend;
afterEach(() => setActiveBackend(plain));

/** A backend that keeps what it is asked and answers by itself. */
function asked(answer: (here: () => AsyncGenerator<unknown, unknown, void>) => unknown) {
  const calls: LongCall[] = [];
  async function* run(call: LongCall, here: () => AsyncGenerator<unknown, unknown, void>) {
    calls.push(call);
    yield* [];
    return await answer(here);
  }
  setActiveBackend({ ...plain, run: run as NonNullable<Backend['run']> });
  return calls;
}

const image = mockPortrait(8, 8);
const map = { width: 8, height: 8, channels: 1, data: new Float32Array(64).fill(0.5) } as const;

describe('a long call', () => {
  it('asks the backend, with its name and arguments', async () => {
    const calls = asked(() => 'elsewhere');
    const options = { method: 'multi-level' } as const;
    expect(await estimateForeground(image, map, options)).toBe('elsewhere');
    expect(await refineMatte(image, map, map)).toBe('elsewhere');
    expect(await closedFormMatting(image, map)).toBe('elsewhere');
    expect(await invertPortrait(image, { generator: 'mine' })).toBe('elsewhere');
    const big = mockPortrait(32, 32);
    expect(await cutOut(big)).toBe('elsewhere');
    expect(await matte(big)).toBe('elsewhere');
    const generate = { count: 1, generator: 'mine' };
    expect(await generatePortraits(generate).next()).toEqual({ done: true, value: 'elsewhere' });
    const label = { portraits: [image] };
    expect(await labelPortraits(label).next()).toEqual({ done: true, value: 'elsewhere' });
    expect(calls).toEqual([
      { name: 'estimateForeground', arguments: [image, map, options] },
      { name: 'refineMatte', arguments: [image, map, map, {}] },
      { name: 'closedFormMatting', arguments: [image, map, {}] },
      { name: 'invertPortrait', arguments: [image, { generator: 'mine' }] },
      { name: 'cutOut', arguments: [big, {}] },
      { name: 'matte', arguments: [big, {}] },
      { name: 'generatePortraits', arguments: [generate] },
      { name: 'labelPortraits', arguments: [label] },
    ]);
  });

  it('begins anew each time it is run here', async () => {
    const first = await estimateForeground(image, map);
    asked(async (here) => {
      const results = [await here().next(), await here().next()];
      expect(results[0]).toEqual(results[1]);
      return results[1]!.value;
    });
    expect(await estimateForeground(image, map)).toEqual(first);
  });
});
