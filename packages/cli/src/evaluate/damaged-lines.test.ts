import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LatentMatteError } from '@latent-matte/backend-node';
import { hashOf } from '@latent-matte/files/settings-differences';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { versions } from '../version';
import { CaseStore } from './case-store';
import { StateFile } from './state-file';

/** Seeded, uniform in [0, 1). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  };
}

/** One line with a byte changed, taken out, put in or repeated, cut off, or a value of another kind. */
function damaged(line: string, random: () => number): string {
  const at = Math.floor(random() * line.length);
  const foreign = ['"', '{', '}', '[', ',', ':', '\\', 'e', '-', '\0', 'null', '1e999', '"a":1,'];
  const piece = foreign[Math.floor(random() * foreign.length)]!;
  const ways = [
    () => line.slice(0, at),
    () => line.slice(0, at) + line.slice(at + 1),
    () => line.slice(0, at) + piece + line.slice(at),
    () => line.slice(0, at) + piece + line.slice(at + 1),
    () => line.replace(/-?\d+(\.\d+)?/g, (number) => (random() < 0.3 ? 'null' : number)),
    () => line.replace(/"[^"]*"/g, (text) => (random() < 0.1 ? '[[]]' : text)),
    () => line.replace(/\{[^{}]*\}/g, (text) => (random() < 0.5 ? '{}' : text)),
    () => '['.repeat(20_000) + line,
  ];
  return ways[Math.floor(random() * ways.length)]!();
}

const LINES = 500;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-damaged-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('damaged lines', () => {
  it(`of a state: ${LINES} of them are taken as what they say, or refused by a typed error`, async () => {
    const errors = { grad: 1.5, conn: 2.5, mse: 3.5, sad: 4.5 };
    const both = { original: errors, enhanced: errors };
    const official = { asRun: errors, asIntended: errors, plain: errors };
    const row = {
      ...{ name: 'a', ...both, target: errors, psnr: 48.5, ssim: 0.9, seconds: 2.5, bestStep: 3 },
      ...{ tags: ['profile'], warnings: ['odd'], judges: { other: both } },
      official: { original: official, enhanced: official },
    };
    const settings = { steps: 1, version: versions['latent-matte'] };
    const header = { tool: 'latent-matte', kind: 'evaluation-state', schema: 1 };
    const first = JSON.stringify({ ...header, hash: hashOf(settings), settings });
    const lines = [
      JSON.stringify({ task: 'm a', files: '00', row }),
      JSON.stringify({ task: 'm a', files: '00', failure: { name: 'a', code: 'X', message: 'y' } }),
    ];
    const path = join(folder, 'state.jsonl');
    const open = async (line: string) => {
      await writeFile(path, `${first}\n${line}\n`);
      const state = await StateFile.open(path, { steps: 1 }, { resume: true, note: () => {} });
      const entry = state.find('m a', '00');
      await state.close();
      return entry;
    };
    for (const line of lines) expect(await open(line)).toEqual(JSON.parse(line));
    const random = uniform(6);
    let refused = 0;
    for (let count = 0; count < LINES; count++) {
      const line = damaged(lines[count % 2]!, random);
      try {
        const found = await open(line);
        if (found?.row === undefined) continue;
        // What the tables and reports read of it.
        const { original, enhanced, psnr, ssim, seconds, judges = {} } = found.row;
        for (const value of [ssim, seconds, psnr, original.sad, enhanced.grad]) value.toFixed(1);
        for (const judge of Object.values(judges)) judge.enhanced.conn.toFixed(1);
        found.row.official?.original.plain.mse.toFixed(1);
        for (const text of [...(found.row.tags ?? []), ...(found.row.warnings ?? [])]) text.trim();
      } catch (error) {
        refused++;
        expect(LatentMatteError.isInstance(error), `${line.slice(0, 300)}\n${error}`).toBe(true);
        expect(error).toMatchObject({ message: expect.stringMatching(/Line 2 of .* is damaged/) });
      }
    }
    expect(refused).toBeGreaterThan(LINES / 2);
  });

  it('whose bytes are no text are counted as bytes: what is added stays a line', async () => {
    const path = join(folder, 'state.jsonl');
    const note = () => {};
    const failure = { name: 'a', code: 'X', message: 'y' };
    const first = await StateFile.open(path, { steps: 1 }, { resume: false, note });
    await first.append({ task: 'm a', files: '00', failure });
    await first.close();
    const bytes = await readFile(path);
    // In the message, and half a line behind it.
    bytes[bytes.lastIndexOf('y')] = 0xff;
    await writeFile(path, Buffer.concat([bytes, Buffer.from('{"task":"é').subarray(0, -1)]));
    const second = await StateFile.open(path, { steps: 1 }, { resume: true, note });
    await second.append({ task: 'm b', files: '00', failure });
    await second.close();
    const third = await StateFile.open(path, { steps: 1 }, { resume: true, note });
    expect(third.find('m a', '00')).toBeDefined();
    expect(third.find('m b', '00')).toBeDefined();
    await third.close();
  });

  it(`of a case: ${LINES} of them are shown as they are, or noted as damaged`, async () => {
    const notes: string[] = [];
    // What a killed run left goes when the store is opened.
    await writeFile(join(folder, '.x.json.4194304.0a1b2c3d.tmp'), 'half');
    const store = await CaseStore.open(folder, (text) => notes.push(text));
    const picture = { width: 2, height: 2, channels: 3 as const, data: new Float32Array(12) };
    const matte = { ...picture, channels: 1 as const, data: new Float32Array(4) };
    const seen = { alpha: matte, trimap: matte };
    await store.keep(
      'task',
      { name: 'a', image: picture, alpha: matte } as never,
      {
        mattes: { original: matte, enhanced: matte },
        enhancement: { portrait: picture, foreground: picture, original: seen },
      } as never,
      'predicted',
    );
    const whole = await store.find('task');
    expect(whole).toBeDefined();
    const [name, ...litter] = await readdir(folder);
    expect(litter).toEqual([]);
    const random = uniform(7);
    for (let count = 0; count < LINES; count++) {
      const line = damaged(JSON.stringify(whole), random);
      await writeFile(join(folder, name!), line);
      notes.length = 0;
      const found = await store.find('task');
      if (found === undefined) expect(notes).toHaveLength(1);
      else for (const value of Object.values(found)) expect(String(value)).not.toMatch(/[<>"]/);
    }
  });
});
