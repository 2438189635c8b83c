import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WeightsError } from '@latent-matte/core';
import { openCheckpoint, serializeSafetensors } from '@latent-matte/core/checkpoints';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openFileSource } from './file-source';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'file-source-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('reads ranges of a file, and a checkpoint through them', async () => {
  const path = join(folder, 'w.safetensors');
  const data = Float32Array.of(1, 2, 3);
  await writeFile(path, serializeSafetensors([['w', { dtype: 'F32', shape: [3], data }]]));
  const source = await openFileSource(path);
  const { tensors } = await openCheckpoint(source);
  expect([...tensors.get('w')!.bytes]).toEqual([...new Uint8Array(data.buffer)]);
  await source.close();
});

it('says so when the file shrinks while it is read', async () => {
  const path = join(folder, 'shrinks');
  await writeFile(path, new Uint8Array(100));
  const source = await openFileSource(path);
  await truncate(path, 10);
  expect((await source.read(0, 100)).length).toBe(10);
  await source.close();
});

it.each([
  ['nothing', /There is no file/],
  ['.', /is not a file|cannot be read/],
])('refuses %s', async (name, message) => {
  const opening = openFileSource(join(folder, name));
  await expect(opening).rejects.toThrow(WeightsError);
  await expect(opening).rejects.toThrow(message);
});
