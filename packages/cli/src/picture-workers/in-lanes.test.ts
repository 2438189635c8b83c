import { describe, expect, it, vi } from 'vitest';
import { inLanes } from './in-lanes';

const turn = () => new Promise((resolve) => setTimeout(resolve));

describe('inLanes', () => {
  it('works on as many at a time as there are lanes, on each item once', async () => {
    let inWork = 0;
    let most = 0;
    const done: string[] = [];
    const work = async (item: string, index: number) => {
      most = Math.max(most, ++inWork);
      await turn();
      inWork--;
      done[index] = item;
    };
    await inLanes([...'abcde'], 2, work, () => undefined);
    expect(done).toEqual([...'abcde']);
    expect(most).toBe(2);
  });

  it('begins nothing after a failure, tells the others, and throws it when they have ended', async () => {
    const stop = vi.fn();
    const ended: number[] = [];
    const work = async (item: number) => {
      if (item === 0) throw new Error('first');
      await turn();
      ended.push(item);
      throw new Error('second');
    };
    await expect(inLanes([0, 1, 2, 3], 2, work, stop)).rejects.toThrow('first');
    expect(ended).toEqual([1]);
    expect(stop).toHaveBeenCalled();
  });
});
