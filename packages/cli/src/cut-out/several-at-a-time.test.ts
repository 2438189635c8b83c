import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { onePerKey } from './one-per-key';
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
});

it('onePerKey keeps the order of a key alone', async () => {
  const run = onePerKey();
  const done: string[] = [];
  const work = (name: string, milliseconds: number) => async () => {
    await wait(milliseconds);
    done.push(name);
  };
  await Promise.all([
    run('a', work('a1', 20)),
    run('a', work('a2', 0)),
    run('b', work('b1', 1)),
    run('a', work('a3', 0)),
  ]);
  expect(done).toEqual(['b1', 'a1', 'a2', 'a3']);
  await expect(run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
});
