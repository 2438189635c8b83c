import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { temporaryFile } from '@latent-matte/files/temporary-name';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { addInstalledModel, addModelFiles } from './add-installed-model';
import {
  listInstalledModels,
  registerInstalledModels,
  removeInstalledModel,
  verifyInstalledModel,
} from './installed-models';

/** A disk that has no room from some moment on; and a process that ends before its n-th change of the folder. */
const disk = vi.hoisted(() => ({ full: false, changes: Number.POSITIVE_INFINITY }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const open: typeof real.open = (...given) =>
    disk.full
      ? Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' }))
      : real.open(...given);
  const last =
    <Given extends unknown[], Result>(change: (...given: Given) => Promise<Result>) =>
    (...given: Given): Promise<Result> =>
      disk.changes-- > 0 ? change(...given) : Promise.reject(new Error('killed'));
  return { ...real, open, rename: last(real.rename), rm: last(real.rm as typeof real.unlink) };
});

const entry = { id: 'mine', network: 'modnet', license: 'MIT' };
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-models-'));
  vi.stubEnv('LATENT_MATTE_MODELS', folder);
});
afterEach(async () => {
  disk.full = false;
  disk.changes = Number.POSITIVE_INFINITY;
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

it('Of a first model that finds no room, no folder stays either', async () => {
  disk.full = true;
  const contents = new Map([
    ['model.json', Uint8Array.of(1)],
    ['below/it/shard.bin', Uint8Array.of(2)],
  ]);
  const runs = { format: 'onnx', roles: { matting: { kind: 'matting' } } } as const;
  await expect(addModelFiles(entry, contents, runs)).rejects.toThrow('the disk is full');
  expect(await readdir(folder)).toEqual([]);
});

it.each([0, 1, 2, 3, 4])(
  'Of a replacement that ends before change %i of the folder, the old or the new model is there, whole',
  async (changes) => {
    await addInstalledModel(entry, Uint8Array.of(1, 2, 3));
    disk.changes = changes;
    await addInstalledModel(entry, Uint8Array.of(4, 5, 6, 7), { replace: true }).catch(() => {});
    disk.changes = Number.POSITIVE_INFINITY;
    const [model] = await listInstalledModels();
    await verifyInstalledModel(model!);
    expect([3, 4]).toContain(model!.files[0]!.size);
    // Again, and once more: what is there is one model.
    for (const bytes of [Uint8Array.of(8), Uint8Array.of(9, 9)]) {
      await addInstalledModel(entry, bytes, { replace: true });
      const [again] = await listInstalledModels();
      await verifyInstalledModel(again!);
      expect(again!.files[0]!.size).toBe(bytes.length);
    }
    const old = new Date(Date.now() - 3600_000);
    for (const name of await readdir(folder)) await utimes(join(folder, name), old, old);
    await addInstalledModel({ ...entry, id: 'other' }, Uint8Array.of(1));
    expect(await readdir(folder)).toEqual([
      expect.stringMatching(/^mine\+[0-9a-f]{8}$/),
      'mine.json',
      'other.json',
      'other.safetensors',
    ]);
    await removeInstalledModel('mine');
    expect(await readdir(folder)).toEqual(['other.json', 'other.safetensors']);
  },
);

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
