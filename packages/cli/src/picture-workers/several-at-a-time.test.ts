import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { severalAtATime } from './several-at-a-time';

const never = (): void => expect.unreachable();

describe('severalAtATime', () => {
  it.each([
    [1, 1],
    [3, 3],
    [9, 5],
  ])('%i at a time are never more than %i', async (count, expected) => {
    let [now, most] = [0, 0];
    const begun: number[] = [];
    const work = async (item: number) => {
      begun.push(item);
      most = Math.max(most, ++now);
      await wait(5 - item);
      now--;
    };
    await severalAtATime([0, 1, 2, 3, 4], count, work, never);
    expect(begun).toEqual([0, 1, 2, 3, 4]);
    expect(most).toBe(expected);
  });

  it('throws the first failure, when what runs has ended, and begins nothing more', async () => {
    const ended: number[] = [];
    let told = 0;
    const work = async (item: number) => {
      if (item === 1) throw new Error('first');
      await wait(10);
      ended.push(item);
      if (item === 0) throw new Error('second');
    };
    const all = severalAtATime([0, 1, 2, 3], 2, work, () => told++);
    await expect(all).rejects.toThrow('first');
    expect([ended, told]).toEqual([[0], 1]);
  });

  it('ends a stream that waits, through what it is told', async () => {
    let end = (): void => undefined;
    async function* stream() {
      yield 0;
      await new Promise<void>((resolve) => {
        end = resolve;
      });
    }
    const fail = async () => {
      await wait(5);
      throw new Error('failed');
    };
    await expect(severalAtATime(stream(), 2, fail, () => end())).rejects.toThrow('failed');
  });

  it('works on each item of a list once, whose place it is told', async () => {
    let inWork = 0;
    let most = 0;
    const done: string[] = [];
    const work = async ([index, item]: [number, string]) => {
      most = Math.max(most, ++inWork);
      await wait(0);
      inWork--;
      done[index] = item;
    };
    await severalAtATime([...'abcde'].entries(), 2, work, () => undefined);
    expect(done).toEqual([...'abcde']);
    expect(most).toBe(2);
  });

  it('begins nothing after a failure, tells the others, and throws it when they have ended', async () => {
    const stop = vi.fn();
    const ended: number[] = [];
    const work = async (item: number) => {
      await wait(5 * item);
      if (item === 0) throw new Error('first');
      ended.push(item);
      throw new Error('second');
    };
    await expect(severalAtATime([0, 1, 2, 3], 2, work, stop)).rejects.toThrow('first');
    expect(ended).toEqual([1]);
    expect(stop).toHaveBeenCalled();
  });
});
