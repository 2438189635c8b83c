import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { inputOf, isTold, targetOf } from './attack';
import { targets } from './targets';
import { watch } from './watch';

const finds = fileURLToPath(new URL('finds', import.meta.url));

describe('the inputs of a fuzzer', () => {
  it('follow from seed, target and number, and begin with files that are whole', () => {
    const corpus = [Uint8Array.of(1, 2, 3, 4), Uint8Array.from({ length: 99 }, (_, i) => i)];
    expect(inputOf(corpus, 'zip', 1, 1)).toEqual(corpus[1]);
    const of = (target: string, seed: number) =>
      Array.from({ length: 50 }, (_, i) => [...inputOf(corpus, target, seed, i + 2)].join());
    expect(of('zip', 1)).toEqual(of('zip', 1));
    expect(of('zip', 2)).not.toEqual(of('zip', 1));
    expect(of('onnx', 1)).not.toEqual(of('zip', 1));
    expect(new Set(of('zip', 1)).size).toBeGreaterThan(40);
    expect(corpus[0]).toEqual(Uint8Array.of(1, 2, 3, 4));
  });

  it.skipIf(process.platform !== 'linux')(
    'are found when they end a process, take too long or too much, or end in an error without a code',
    async () => {
      const bundle = new URL('testing-attack.mjs', import.meta.url).href;
      const { finds: found } = await watch(bundle, 'broken', 1, 600, 0, 4);
      expect(found.map(({ at, what }) => [at, what.split('\n')[0]])).toEqual([
        [1, 'TypeError: raw'],
        [3, 'ends the process (7): '],
        // On a machine that is busy with other things it is the wall clock that tells.
        [5, expect.stringMatching(/^(takes more than 5 s of CPU|does not end within 60 s)$/)],
        // On a machine that is slow to give memory the processor is spent on that before.
        [7, expect.stringMatching(/^takes more than (1\.5 GB|5 s of CPU)$/)],
      ]);
      const fine = await watch(bundle, 'fine', 1, 1);
      expect(fine.finds).toEqual([]);
      expect(fine.read).toBeGreaterThan(1);
    },
    600_000,
  );
});

/** Kept by `pnpm fuzz --keep`. */
describe('files that were found', () => {
  const names = readdirSync(finds).filter((name) => name.endsWith('.bin'));

  beforeAll(async () => {
    for (const name of new Set(names.map((file) => file.split('.')[0]!))) {
      // Starts what the target needs.
      await targetOf(name).corpus();
    }
  });

  it.each(names)('%s is read, or refused with a code', async (name) => {
    const error: unknown = await targetOf(name.split('.')[0]!)
      .run(new Uint8Array(readFileSync(join(finds, name))))
      .catch((cause: unknown) => cause);
    if (error !== undefined && !isTold(error)) throw error;
  });

  it('are those of targets that there are', () => {
    const known = targets.map(({ name }) => name);
    expect(names.filter((name) => !known.includes(name.split('.')[0]!))).toEqual([]);
    expect(new Set(known).size).toBe(known.length);
  });
});
