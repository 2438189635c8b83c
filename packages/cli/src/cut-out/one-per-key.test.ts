import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { onePerKey } from './one-per-key';

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
