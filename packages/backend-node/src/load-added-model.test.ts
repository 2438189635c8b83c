import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
// The main entry alone: what adds models would bring what finds them.
import { loadModel, matte, useNodeBackend } from './index';

it('the main entry finds a model that the user added, by its name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latent-matte-added-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  vi.stubEnv('LATENT_MATTE_MODELS', folder);
  const file = await readFile(
    new URL('../../models/fixtures/small-networks/u2net.onnx', import.meta.url),
  );
  await mkdir(join(folder, 'sinet'));
  await writeFile(join(folder, 'sinet', 'net.onnx'), file);
  const sha256 = createHash('sha256').update(file).digest('hex');
  const files = [{ name: 'net.onnx', size: file.length, sha256 }];
  const runs = { format: 'onnx', roles: { matting: { kind: 'matting' } } };
  const entry = { network: 'net.onnx', license: 'MIT', files, runs };
  await writeFile(join(folder, 'sinet.json'), JSON.stringify(entry));
  await useNodeBackend({ device: 'cpu' });
  const model = await loadModel('sinet');
  expect(model).toMatchObject({ name: 'sinet', license: 'MIT' });
  model.dispose();
  const size = { width: 64, height: 64, channels: 3 } as const;
  const photo = { ...size, data: new Uint8Array(64 * 64 * 3).fill(90) };
  // A small network with random weights: what it says of the photo is no matter.
  const found = await matte(photo, { model: 'sinet', turnedLooks: false });
  expect(found.alpha).toMatchObject({ width: 64, height: 64, channels: 1 });
  await expect(matte(photo, { model: 'sinets' })).rejects.toThrow(
    /no matting model called "sinets"/,
  );
  await expect(loadModel('rvm')).rejects.toThrow(/"rvm" is known and not installed/);
  vi.unstubAllEnvs();
});
