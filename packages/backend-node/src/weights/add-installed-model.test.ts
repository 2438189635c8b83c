import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { temporaryFile } from '@latent-matte/files/temporary-name';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { addInstalledModel } from './add-installed-model';
import { listInstalledModels, registerInstalledModels } from './installed-models';

/** A disk that has no room from some moment on. */
const disk = vi.hoisted(() => ({ full: false }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const open: typeof real.open = (...given) =>
    disk.full
      ? Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' }))
      : real.open(...given);
  return { ...real, open };
});

const entry = { id: 'mine', network: 'modnet', license: 'MIT' };
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-models-'));
  vi.stubEnv('LATENT_MATTE_MODELS', folder);
});
afterEach(async () => {
  disk.full = false;
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

it('A model that cannot be replaced stays, and nothing is left beside it', async () => {
  await addInstalledModel(entry, Uint8Array.of(1, 2, 3));
  const before = await readFile(join(folder, 'mine.json'), 'utf8');
  disk.full = true;
  await expect(
    addInstalledModel(entry, Uint8Array.of(4, 5, 6, 7), { replace: true }),
  ).rejects.toThrow('the disk is full');
  expect(await readdir(folder)).toEqual(['mine.json', 'mine.safetensors']);
  expect(await readFile(join(folder, 'mine.json'), 'utf8')).toBe(before);
  expect([...(await readFile(join(folder, 'mine.safetensors')))]).toEqual([1, 2, 3]);
});

it('What a killed process left of any model goes when the next one is added', async () => {
  const pid = execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }).trim();
  const left = (path: string) => temporaryFile(path).replace(`.${process.pid}.`, `.${pid}.`);
  await mkdir(join(folder, 'other'));
  const litter = [left(join(folder, 'x.json')), left(join(folder, 'other', 'net.onnx'))];
  for (const path of litter) await writeFile(path, 'half');
  await writeFile(join(folder, 'other', 'net.onnx'), 'whole');
  await addInstalledModel(entry, Uint8Array.of(1, 2, 3));
  expect(await readdir(folder)).toEqual(['mine.json', 'mine.safetensors', 'other']);
  expect(await readdir(join(folder, 'other'))).toEqual(['net.onnx']);
});

it('A damaged description is left out with a warning; the others are there', async () => {
  await addInstalledModel(entry, Uint8Array.of(1, 2, 3));
  await writeFile(join(folder, 'broken.json'), '{');
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  await registerInstalledModels();
  expect(String(warn.mock.calls[0]?.[0])).toMatch(/broken\.json is damaged\..*It was left out/);
  warn.mockRestore();
  await expect(listInstalledModels()).rejects.toThrow(/broken\.json is damaged/);
  await addInstalledModel({ ...entry, id: 'other' }, Uint8Array.of(1));
  expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
});
