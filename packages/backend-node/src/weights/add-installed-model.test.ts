import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { addInstalledModel } from './add-installed-model';
import { listInstalledModels, registerInstalledModels } from './installed-models';

const entry = { id: 'mine', network: 'modnet', license: 'MIT' };
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-models-'));
  vi.stubEnv('LATENT_MATTE_MODELS', folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

it('A model that cannot be replaced stays, and nothing is left beside it', async () => {
  await addInstalledModel(entry, Uint8Array.of(1, 2, 3));
  const before = await readFile(join(folder, 'mine.json'), 'utf8');
  // A folder in the way of the staged file, as a disk without space: writing fails.
  await mkdir(join(folder, `.mine.safetensors.${process.pid}.incoming`));
  await expect(
    addInstalledModel(entry, Uint8Array.of(4, 5, 6, 7), { replace: true }),
  ).rejects.toThrow();
  expect(await readFile(join(folder, 'mine.json'), 'utf8')).toBe(before);
  expect([...(await readFile(join(folder, 'mine.safetensors')))]).toEqual([1, 2, 3]);
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
  expect((await readdir(folder)).filter((name) => name.includes('incoming'))).toEqual([]);
});
