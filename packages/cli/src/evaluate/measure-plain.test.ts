import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeImage } from '@latent-matte/backend-node';
import type { PlainEvaluation } from '@latent-matte/backend-node/evaluate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../run';
import { fakeSource, memoryTerminal } from '../testing/fake-enhancement';
import { registerLeftHalf } from '../testing/left-half';

let folder: string;
const names = ['plain-left', 'plain-nobody'];
const WIDTH = 24;
const HEIGHT = 16;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-plain-'));
  for (const kind of ['image', 'mask']) await mkdir(join(folder, kind));
  const mask = {
    width: WIDTH,
    height: HEIGHT,
    channels: 1 as const,
    data: Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => (i % WIDTH < WIDTH / 2 ? 255 : 0)),
  };
  for (const name of ['a', 'b']) {
    await writeImage(join(folder, 'image', `${name}.png`), fakeSource());
    await writeImage(join(folder, 'mask', `${name}.png`), mask);
  }
  registerLeftHalf(names[0]!);
  registerLeftHalf(names[1]!, { share: 0 });
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function command(...parameters: string[]) {
  const terminal = memoryTerminal();
  const always = ['evaluate', '--plain', '--data', folder, '--device', 'cpu'];
  const code = await run([...always, ...parameters], terminal, new AbortController().signal);
  return { code, out: terminal.outs.join('\n'), notes: terminal.notes.join('\n') };
}

describe('evaluate --plain', () => {
  it('puts several models into one table, against hard masks', async () => {
    const { code, out, notes } = await command('-m', names[0]!, '-m', names[1]!);
    expect(code, notes).toBe(0);
    expect(out).toMatch(/\| network +\| IoU \| gross failures \| seconds \|/);
    expect(out).toMatch(/plain-left \| 1\.000 \(1\.000\) \| 0 of 2/);
    expect(out).toMatch(/plain-nobody \| 0\.000 \(0\.000\) \| 2 of 2/);
  });

  it('prints every row as JSON', async () => {
    const { out } = await command('-m', names[0]!, '--limit', '1', '--json');
    const evaluation: PlainEvaluation = JSON.parse(out);
    expect(evaluation.rows).toMatchObject([{ picture: 'a', model: names[0], iou: 1 }]);
  });

  it('refuses what only a search reads', async () => {
    const { code, notes } = await command('-m', names[0]!, '--steps', '3', '--ablate');
    expect(code).toBe(1);
    expect(notes).toMatch(/nothing reads --steps, --ablate/);
  });
});
