import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  AbortedError,
  type Enhancement,
  type RasterImage,
  writeImage,
} from '@latent-matte/backend-node';
import { WeightsError } from '@latent-matte/backend-node/core';
import { temporaryFolder } from '@latent-matte/files/temporary-name';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { enhanceCommand } from './enhance/run';
import { run } from './run';
import { fakeEnhancement, fakeSource, memoryTerminal } from './testing/fake-enhancement';

let folder: string;
let photo: string;
const never = new AbortController().signal;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-run-'));
  photo = join(folder, 'photo.png');
  await writeImage(photo, fakeSource());
});
afterEach(() => rm(folder, { recursive: true }));

const command = (...parameters: string[]) => {
  const terminal = memoryTerminal();
  return run(parameters, terminal, never).then((code) => ({
    code,
    out: terminal.outs.join('\n'),
    notes: terminal.notes.join('\n'),
  }));
};

describe('run', () => {
  it.each([
    [],
    ['enhance'],
    ['cut-out'],
    ['evaluate'],
    ['dataset', 'check'],
    ['invert'],
    ['convert'],
    ['models'],
    ['doctor'],
  ])('has help for "%s"', async (...names) => {
    const { code, out } = await command(...names, '--help');
    expect(code).toBe(0);
    expect(out).toContain('Usage: latent-matte');
    if (names[0] !== 'doctor') expect(out).toContain('Examples:');
  });

  it('prints its version', async () => {
    expect((await command('--version')).out).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it.each([
    [['enhance', 'a.jpg'], /--out/],
    [['enhance', '--out', 'x'], /photo/],
    [['enhance', 'a.jpg', '--out', 'x', '--steps', '1.5'], /whole number/],
    [['enhance', 'a.jpg', '--out', 'x', '--device', 'tpu'], /native, wasm, cpu/],
    [['enhance', 'a.jpg', '--out', 'x', '--weight', 'beauty=1'], /TERM=NUMBER/],
    [['evaluate'], /--data/],
    [['improve'], /unknown command/],
  ])('refuses %s', async (parameters, message) => {
    const { code, notes, out } = await command(...parameters);
    expect(code).toBe(1);
    expect(notes).toMatch(message);
    expect(out).toBe('');
  });

  it('prints typed errors with their remedy and without a stack', async () => {
    const { code, notes } = await command('evaluate', '--data', join(folder, 'nowhere'));
    expect(code).toBe(1);
    expect(notes).toMatch(/^error: .*has no folder "image"\.\n {7}Give a folder with image\//);
    expect(notes).not.toContain('    at ');
    const verbose = await command('--verbose', 'evaluate', '--data', folder);
    expect(verbose.notes).toContain('    at ');
  });
});

describe('enhanceCommand', () => {
  const flags = (more: object = {}) => ({
    out: join(folder, 'out'),
    device: 'wasm' as const,
    background: [],
    ...more,
  });
  const enhance = vi.fn(async (image: RasterImage) => fakeEnhancement(image));

  it('enhances for several models at once', async () => {
    const named = flags({ model: ['portrait-matting', 'portrait-matte'] });
    await enhanceCommand([photo], named, memoryTerminal(), never, enhance);
    expect(enhance).toHaveBeenLastCalledWith(
      expect.anything(),
      expect.objectContaining({
        model: 'portrait-matting',
        advanced: expect.objectContaining({ companions: ['portrait-matte'] }),
      }),
    );
  });

  it('writes a folder per photo and says where', async () => {
    const other = join(folder, 'sub');
    await mkdir(other);
    await writeImage(join(other, 'photo.jpg'), fakeSource());
    const terminal = memoryTerminal();
    const photos = [photo, join(other, 'photo.jpg')];
    const code = await enhanceCommand(
      photos,
      flags({ steps: 30, weights: { entropy: 0.5 } }),
      terminal,
      never,
      enhance,
    );
    expect(code).toBe(0);
    expect((await readdir(join(folder, 'out'))).sort()).toEqual(['photo', 'photo-2']);
    expect(terminal.outs).toHaveLength(2);
    expect(terminal.outs[0]).toContain('report.html');
    expect(terminal.outs[0]).toContain('×100');
    expect(enhance).toHaveBeenCalledWith(
      expect.anything(),
      expect.objectContaining({
        steps: 30,
        signal: expect.any(AbortSignal),
        advanced: expect.objectContaining({ weights: { entropy: 0.5 } }),
      }),
    );
  });

  it('begins with removing what a killed run left, also where no photo can be read', async () => {
    const out = join(folder, 'out');
    const pid = execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }).trim();
    const partial = temporaryFolder(join(out, 'photo')).replace(`-${process.pid}-`, `-${pid}-`);
    await mkdir(partial, { recursive: true });
    await writeFile(join(partial, 'alpha.png'), 'half');
    const missing = join(folder, 'missing.png');
    await enhanceCommand([missing], flags(), memoryTerminal(), never, enhance);
    expect(await readdir(out)).toEqual([]);
  });

  it('goes on after a bad photo, and fails in the end', async () => {
    const note = join(folder, 'note.jpg');
    await writeFile(note, 'text');
    const terminal = memoryTerminal();
    const code = await enhanceCommand(
      [note, photo],
      flags({ json: true }),
      terminal,
      never,
      enhance,
    );
    expect(code).toBe(1);
    const results = JSON.parse(terminal.outs.join(''));
    expect(results[0]).toMatchObject({ photo: note, error: { code: 'INVALID_IMAGE' } });
    expect(results[1]).toMatchObject({ photo, bestStep: 24, tool: 'latent-matte' });
    expect(await readdir(join(folder, 'out'))).toEqual(['photo']);
  });

  it('stops at once at an error that concerns every photo', async () => {
    const failing = vi.fn((): Promise<Enhancement> => {
      throw new WeightsError('Bad weights.', 'Mend them.');
    });
    await expect(
      enhanceCommand([photo, photo], flags(), memoryTerminal(), never, failing),
    ).rejects.toBeInstanceOf(WeightsError);
    expect(failing).toHaveBeenCalledTimes(1);
    expect(await readdir(join(folder, 'out'))).toEqual([]);
  });

  it('refuses an unusable folder before any work', async () => {
    const busy = vi.fn(async (image: RasterImage) => fakeEnhancement(image));
    await writeFile(join(folder, 'out'), 'a file');
    await expect(
      enhanceCommand([photo], flags(), memoryTerminal(), never, busy),
    ).rejects.toMatchObject({ code: 'OUTPUT' });
    expect(busy).not.toHaveBeenCalled();
  });

  it('leaves nothing behind when it is stopped', async () => {
    const controller = new AbortController();
    const stopping = async (): Promise<Enhancement> => {
      controller.abort();
      throw new AbortedError('Stopped.');
    };
    await expect(
      enhanceCommand([photo], flags(), memoryTerminal(), controller.signal, stopping),
    ).rejects.toBeInstanceOf(AbortedError);
    expect(await readdir(join(folder, 'out'))).toEqual([]);
  });
});

const bin = fileURLToPath(new URL('../bin/latent-matte.js', import.meta.url));
const built = existsSync(fileURLToPath(new URL('../dist/index.js', import.meta.url)));
describe.skipIf(!built)('the built command', () => {
  const spawn = (...parameters: string[]) =>
    promisify(execFile)(process.execPath, [bin, ...parameters]).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );

  it('prints help and nothing else', async () => {
    const { code, stdout, stderr } = await spawn('--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Usage: latent-matte');
  });

  it('exits with 1 and a remedy on an error', async () => {
    const { code, stdout, stderr } = await spawn('evaluate', '--data', join(folder, 'nowhere'));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error: [^\n]*\n {7}[^\n]*\n$/);
  });
});
