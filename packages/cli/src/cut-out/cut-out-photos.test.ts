import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readImage, readMap, writeImage } from '@latent-matte/backend-node';
import { mockPortrait } from '@latent-matte/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../run';
import { memoryTerminal } from '../testing/fake-enhancement';
import { registerLeftHalf } from '../testing/left-half';
import { startCutOutWorkers } from './cut-out-workers';
import { outputPaths } from './output-paths';
import { readStandardInput } from './read-standard-input';
import { cutOutCommand } from './run';

const SIDE = 64;
let folder: string;
const at = (...names: string[]) => join(folder, ...names);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-cut-out-'));
  for (const name of ['a.png', 'b.png']) await writeImage(at(name), mockPortrait(SIDE, SIDE));
  registerLeftHalf('left-half');
});
afterEach(() => rm(folder, { recursive: true }));

async function cutOut(...parameters: string[]) {
  const terminal = memoryTerminal();
  const always = ['--device', 'cpu', '-m', 'left-half'];
  const signal = new AbortController().signal;
  const code = await run(['cut-out', ...always, ...parameters], terminal, signal);
  return { code, out: terminal.outs.join('\n'), notes: terminal.notes.join('\n'), terminal };
}

describe('cut-out PHOTO', () => {
  it('writes a cut-out beside the photo', async () => {
    const { code, out, notes } = await cutOut(at('a.png'));
    expect(code, notes).toBe(0);
    expect(out).toContain(`${at('a.png')} → ${at('a-cut-out.png')}`);
    const alpha = await readMap(at('a-cut-out.png'));
    expect([alpha.width, alpha.height]).toEqual([SIDE, SIDE]);
    expect(alpha.data[0]).toBe(255);
    expect(alpha.data[SIDE - 1]).toBe(0);
  });

  it('takes folders, goes on after a photo that fails, and says so at the end', async () => {
    await mkdir(at('more'));
    await writeImage(at('more', 'c.png'), mockPortrait(SIDE, SIDE));
    await writeFile(at('more', 'broken.jpg'), 'no picture');
    const { code, notes } = await cutOut(at('a.png'), at('more'), '-o', at('out'));
    expect(code).toBe(1);
    expect(notes.split('\n').at(-1)).toBe(`2 done, 1 failed: ${at('more', 'broken.jpg')}`);
    expect(['a', 'c', 'broken'].map((name) => existsSync(at('out', `${name}.png`)))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('takes patterns that no shell expanded, and leaves its own results out', async () => {
    await writeImage(at('[1].png'), mockPortrait(SIDE, SIDE));
    expect((await cutOut(at('a.png'))).code).toBe(0);
    const { code, out, notes } = await cutOut(at('*.png'), at('a.png'), at('[1].png'));
    expect(code, notes).toBe(0);
    const written = out.split('\n').map((line) => line.split(' → ')[1]?.split(' ')[0]);
    expect(written.sort()).toEqual(
      ['[1]', 'a', 'b'].map((name) => at(`${name}-cut-out.png`)).sort(),
    );
    const none = await cutOut(at('*.{webp,avif}'));
    const watched = await cutOut(at('*.png'), '--watch');
    expect([watched.code, watched.notes]).toEqual([
      1,
      expect.stringMatching(/cannot be watched.*Name its folder/s),
    ]);
    expect([none.code, none.notes]).toEqual([1, expect.stringMatching(/No file matches .*\*\./)]);
  });

  it('writes masks by a pattern', async () => {
    const pattern = at('masks', '{name}.png');
    const { code } = await cutOut(at('a.png'), at('b.png'), '--only-mask', '-o', pattern);
    expect(code).toBe(0);
    const mask = await readMap(at('masks', 'b.png'));
    expect(mask.channels).toBe(1);
    expect([mask.data[0], mask.data[SIDE - 1]]).toEqual([255, 0]);
  });

  it('lays the person on a colour or a picture', async () => {
    const red = {
      width: 2,
      height: 2,
      channels: 3 as const,
      data: Uint8Array.from({ length: 12 }, (_, i) => (i % 3 === 0 ? 255 : 0)),
    };
    await writeImage(at('red.png'), red);
    for (const [background, rgb] of [
      ['#0000ff', [0, 0, 255]],
      [at('red.png'), [255, 0, 0]],
    ] as const) {
      const { code, notes } = await cutOut(
        at('a.png'),
        '--background',
        background,
        '-o',
        at('x.png'),
      );
      expect(code, notes).toBe(0);
      const { data } = await readImage(at('x.png'));
      expect([...data.subarray((SIDE - 1) * 3, SIDE * 3)]).toEqual(rgb);
    }
  });

  it('reads standard input and writes standard output', async () => {
    const terminal = memoryTerminal();
    const bytes = await readFile(at('a.png'));
    async function* halves() {
      yield bytes.subarray(0, 50);
      yield bytes.subarray(50);
    }
    const options = { device: 'cpu', method: 'multi-level', model: 'left-half' } as const;
    const { signal } = new AbortController();
    expect(await cutOutCommand(['-'], options, terminal, signal, halves())).toBe(0);
    expect(terminal.outs).toEqual([]);
    expect([...terminal.written[0]!.subarray(1, 4)].map((c) => String.fromCharCode(c))).toEqual([
      ...'PNG',
    ]);
    await expect(readStandardInput(halves(), 60)).rejects.toThrow(/more than 60 bytes/);
    await expect(readStandardInput((async function* () {})())).rejects.toThrow(/is empty/);
  });

  it('works on several at a time, and tells results in the order of the photos', async () => {
    const names = ['a', 'b', 'c', 'd'];
    for (const name of names) await writeImage(at(`${name}.png`), mockPortrait(SIDE, SIDE));
    await writeFile(at('b.png'), 'no picture');
    const { workers, ...here } = await startCutOutWorkers({ device: 'cpu' });
    expect(workers).toBe(1);
    let [now, most, closed] = [0, 0, false];
    const terminal = memoryTerminal();
    const code = await cutOutCommand(
      names.map((name) => at(`${name}.png`)),
      { device: 'cpu', method: 'multi-level', model: 'left-half', workers: 3, json: true },
      terminal,
      new AbortController().signal,
      undefined,
      async (asked) => ({
        ...here,
        workers: asked.workers!,
        async cutOut(photo, options) {
          most = Math.max(most, ++now);
          // The first ends last.
          if (String(photo) === at('a.png')) await new Promise((done) => setTimeout(done, 200));
          return await here.cutOut(photo, options).finally(() => now--);
        },
        async close() {
          closed = true;
        },
      }),
    );
    const results = JSON.parse(terminal.outs.join('\n'));
    expect(results.map(({ photo }: { photo: string }) => photo)).toEqual(
      names.map((name) => at(`${name}.png`)),
    );
    expect([code, most, closed]).toEqual([1, 3, true]);
    expect(terminal.notes.at(-1)).toBe(`3 done, 1 failed: ${at('b.png')}`);
  });

  it('prints JSON, and nothing when quiet', async () => {
    const { out } = await cutOut(at('a.png'), '--json');
    expect(JSON.parse(out)).toMatchObject([
      { photo: at('a.png'), file: at('a-cut-out.png'), confidence: expect.any(Number) },
    ]);
    const quiet = await cutOut(at('a.png'), '--quiet');
    expect([quiet.code, quiet.out, quiet.notes]).toEqual([0, '', '']);
  });

  it('refuses what cannot be written, before anything is computed', async () => {
    const one = await cutOut(at('a.png'), at('b.png'), '-o', at('one.png'));
    expect(one).toMatchObject({
      code: 1,
      notes: expect.stringMatching(/2 photos would be written/),
    });
    expect(one.notes).not.toContain('device');
    const background = await cutOut(at('a.png'), '--background', at('absent.png'));
    expect(background.notes).toMatch(/absent\.png cannot be read/);
    const jpeg = await cutOut(at('a.png'), '-o', at('x.jpg'));
    expect(jpeg).toMatchObject({ code: 1, notes: expect.stringMatching(/JPEG/) });
    const alpha = await cutOut(at('a.png'), '-a', at('b.png'), '-o', at('x.png'));
    expect(alpha.notes).toMatch(/nothing reads --model/);
  });
});

it('names results after their photos', () => {
  expect(outputPaths(['x/a.jpg', 'y/b.png'], undefined)).toEqual([
    join('x', 'a-cut-out.png'),
    join('y', 'b-cut-out.png'),
  ]);
  expect(outputPaths(['x/$&.jpg'], 'to/{name}.webp')).toEqual(['to/$&.webp']);
  expect(outputPaths(['-'], undefined)).toEqual(['-']);
  expect(() => outputPaths(['x/a.jpg', 'y/a.png'], 'out')).toThrow(/would be written to/);
  expect(() => outputPaths(['a.jpg'], 'a.tiff')).toThrow(/no picture that can be written/);
});
