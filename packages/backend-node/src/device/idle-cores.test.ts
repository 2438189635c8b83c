import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  coreClocks,
  coresOf,
  ownCores,
  quota,
  threadsFor,
  threadsForIdleCores,
} from './idle-cores';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'idle-cores-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('threads for idle cores', () => {
  const start = { now: 0, all: 5000, own: 300 };
  /** After 200 ms in which this process worked on one core, and others on as many as said. */
  const after = (others: number) => ({ now: 200, all: 5000 + 200 * (1 + others), own: 500 });

  it.each([
    ['nobody else works', 0, 2, 2],
    ['a little is always done', 0.2, 2, 2],
    ['another works on one', 1, 2, 1],
    ['half a core is none', 0.5, 2, 1],
    ['all are busy', 2, 2, 1],
    ['more wait than there are', 7, 4, 1],
    ['one of four is busy', 1, 4, 3],
    ['many are idle', 0, 64, 4],
    ['a machine has one', 0, 1, 1],
  ])('%s: %f of %i cores busy are %i', (_, others, cores, threads) => {
    expect(threadsFor(start, after(others), cores)).toBe(threads);
  });

  it('what this process did itself is not held against it', () => {
    expect(threadsFor(start, { now: 200, all: 5400, own: 700 }, 2)).toBe(2);
    // Clocks of cores tick every 10 ms, that of the process is finer.
    expect(threadsFor(start, { now: 200, all: 5390, own: 700 }, 2)).toBe(2);
  });

  it('are whole, and at least one, on this machine', async () => {
    const threads = await threadsForIdleCores(coreClocks());
    expect(Number.isInteger(threads)).toBe(true);
    expect(threads).toBeGreaterThan(0);
    expect(threads).toBeLessThanOrEqual(Math.min(4, ownCores()));
  });

  it('logical cores that share their units are one', async () => {
    for (const [i, siblings] of ['0,2', '1,3', '0,2', '1,3'].entries()) {
      const place = join(folder, `cpu${i}/topology`);
      await mkdir(place, { recursive: true });
      await writeFile(join(place, 'thread_siblings_list'), `${siblings}\n`);
    }
    await mkdir(join(folder, 'cpufreq'));
    expect(coresOf(folder)).toBe(2);
    expect(coresOf(join(folder, 'nothing'))).toBeGreaterThanOrEqual(1);
  });

  it.each([
    ['150000 100000', 1.5],
    ['max 100000', Number.POSITIVE_INFINITY],
    ['', Number.POSITIVE_INFINITY],
    [undefined, Number.POSITIVE_INFINITY],
  ])('a container with %s gets %f cores', async (text, cores) => {
    await rm(join(folder, 'cpu.max'), { force: true });
    if (text !== undefined) await writeFile(join(folder, 'cpu.max'), `${text}\n`);
    expect(quota(folder)).toBe(cores);
  });
});
