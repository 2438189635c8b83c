import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { WeightFormatError } from '../errors';
import { createRandom } from '../random';
import { openCheckpoint } from './open-checkpoint';

const read = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../fixtures/formats/${name}`, import.meta.url)));

const ROUNDS = Number(process.env.FUZZ_ROUNDS ?? 150);

/** Loads it, or refuses it with the one error meant for that. */
async function outcome(bytes: Uint8Array): Promise<'loads' | 'refused'> {
  try {
    await openCheckpoint(bytes);
    return 'loads';
  } catch (error) {
    if (!(error instanceof WeightFormatError)) throw error;
    return 'refused';
  }
}

it.each(['zip_new.pt', 'zip_deflated.pt', 'legacy.pth', 'legacy_namespace.pth', 'ok.safetensors'])(
  'every damaged %s loads or is refused, and nothing else',
  async (name) => {
    const original = read(name);
    const random = createRandom(1);
    const seen = new Set<string>();
    for (let round = 0; round < ROUNDS; round++) {
      const at = Math.floor(random.uniform() * original.length);
      const damaged = original.slice(0, round % 3 === 0 ? at : original.length);
      if (round % 3 !== 0) {
        for (let i = 0; i < round % 5; i++) {
          const place = Math.floor(random.uniform() * damaged.length);
          damaged[place] = Math.floor(random.uniform() * 256);
        }
      }
      seen.add(await outcome(damaged));
    }
    expect([...seen].sort()).toEqual(['loads', 'refused']);
  },
);
