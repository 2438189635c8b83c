import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
// The main entry alone: what adds models would bring what finds them.
import { loadModel, type MattingModel, matte, useNodeBackend } from './index';

const size = { width: 64, height: 64, channels: 3 } as const;
const photo = { ...size, data: new Uint8Array(64 * 64 * 3).fill(90) };

/** As `models add` would: a small network with random weights, in a folder of its own. */
async function added(id: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'latent-matte-added-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  vi.stubEnv('LATENT_MATTE_MODELS', folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  const file = await readFile(
    new URL('../../models/fixtures/small-networks/u2net.onnx', import.meta.url),
  );
  await mkdir(join(folder, id));
  await writeFile(join(folder, id, 'net.onnx'), file);
  const sha256 = createHash('sha256').update(file).digest('hex');
  const files = [{ name: 'net.onnx', size: file.length, sha256 }];
  const runs = { format: 'onnx', roles: { matting: { kind: 'matting' } } };
  const entry = { network: id, license: 'MIT', files, runs };
  await writeFile(join(folder, `${id}.json`), JSON.stringify(entry));
}

it('the main entry finds a model that the user added, by its name', async () => {
  await added('sinet');
  await useNodeBackend({ device: 'cpu' });
  const model = await loadModel('sinet');
  expect(model).toMatchObject({ name: 'sinet', license: 'MIT' });
  model.dispose();
  // What it says of the photo is no matter.
  const found = await matte(photo, { model: 'sinet', turnedLooks: false });
  expect(found.alpha).toMatchObject({ width: 64, height: 64, channels: 1 });
  await expect(matte(photo, { model: 'sinets' })).rejects.toThrow(
    /no matting model called "sinets"/,
  );
  await expect(loadModel('rvm')).rejects.toThrow(/"rvm" is known and not installed/);
});

it('a model of a package is the added one where the user added it, as an option too', async () => {
  await added('mediapipe-selfie');
  await useNodeBackend({ device: 'cpu' });
  const model = await loadModel<MattingModel>('mediapipe-selfie');
  onTestFinished(() => model.dispose());
  // That of the package is under Apache-2.0.
  expect(model).toMatchObject({ name: 'mediapipe-selfie', license: 'MIT' });
  const by = async (model: string | MattingModel) =>
    (await matte(photo, { model, turnedLooks: false })).alpha;
  expect(await by('mediapipe-selfie')).toEqual(await by(model));
});
