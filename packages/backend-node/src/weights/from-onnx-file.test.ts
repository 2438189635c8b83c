import { existsSync } from 'node:fs';
import {
  cp,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidOptionError, WeightFormatError, WeightsError } from '@latent-matte/core';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useNodeBackend } from '../device/use-node-backend';
import { fromOnnxFile } from './from-onnx-file';
import { readModelFile } from './model-file-contents';

/** alpha = sigmoid(r + 2 g − b), its weights in a file beside it. */
const fixture = fileURLToPath(new URL('../../../models/fixtures/external/', import.meta.url));
/** What `torch.onnx.export` writes today, with onnxruntime's answer; kept outside the repository. */
const exported = fileURLToPath(
  new URL('../../../../../shared/cases/reports/12-onnx-external-data/', import.meta.url),
);
const description = { kind: 'matting', name: 'mean' } as const;
let folder: string;
const model = () => join(folder, 'model', 'mean.onnx');
const data = () => join(folder, 'model', 'mean.onnx.data');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'from-onnx-file-'));
  await cp(fixture, join(folder, 'model'), { recursive: true });
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('fromOnnxFile', () => {
  it('reads the weights that lie beside the model', async () => {
    await useNodeBackend({ device: 'cpu' });
    const adapted = await fromOnnxFile(model(), description);
    const image = tf.tensor4d([0.5, 0.25, 0.1], [1, 1, 1, 3]);
    const alpha = adapted.alpha({ image });
    expect((await alpha.data())[0]).toBeCloseTo(1 / (1 + Math.exp(-0.9)), 6);
    tf.dispose([image, alpha]);
    adapted.dispose?.();
  });

  it.skipIf(!existsSync(exported))('answers ../shared/cases as onnxruntime', async () => {
    await useNodeBackend({ device: 'wasm' });
    const read = async (name: string) =>
      new Float32Array(new Uint8Array(await readFile(join(exported, name))).buffer);
    const adapted = await fromOnnxFile(join(exported, 'torch-default-export.onnx'), description);
    const wanted = await read('torch-default-export.out.f32');
    const side = Math.sqrt(wanted.length);
    const picture = tf.tensor(await read('torch-default-export.in.f32'), [1, 3, side, side]);
    const image = tf.transpose(picture, [0, 2, 3, 1]) as tf.Tensor4D;
    const alpha = adapted.alpha({ image });
    const answer = await alpha.data();
    expect(Math.max(...answer.map((value, i) => Math.abs(value - wanted[i]!)))).toBeLessThan(1e-5);
    tf.dispose([picture, image, alpha]);
    adapted.dispose?.();
  });

  it('reads both from a cache that links to them, as that of Hugging Face', async () => {
    for (const name of ['mean.onnx', 'mean.onnx.data']) {
      await symlink(join(folder, 'model', name), join(folder, name));
    }
    const { contents } = await readModelFile(join(folder, 'mean.onnx'));
    expect([...contents.keys()]).toEqual(['mean.onnx', 'mean.onnx.data']);
  });

  /** The model names its weights so from then on; as long as `mean.onnx.data`. */
  async function renameData(name: string): Promise<void> {
    const bytes = await readFile(model());
    bytes.write(name, bytes.indexOf('mean.onnx.data'));
    await writeFile(model(), bytes);
  }

  it('reads weights in a folder beside the model, and follows no link out of there', async () => {
    await renameData('m/an.onnx.data');
    await mkdir(join(folder, 'model', 'm'));
    await rename(data(), join(folder, 'model', 'm', 'an.onnx.data'));
    const { contents } = await readModelFile(model());
    expect([...contents.keys()]).toEqual(['mean.onnx', 'm/an.onnx.data']);
    (await fromOnnxFile(model(), description)).dispose?.();
    await rename(join(folder, 'model', 'm'), join(folder, 'elsewhere'));
    await symlink(join(folder, 'elsewhere'), join(folder, 'model', 'm'));
    await expect(fromOnnxFile(model(), description)).rejects.toThrow(/outside the folder/);
  });

  it.each([
    '../n.onnx.data',
    '/ean.onnx.data',
    '.ean.onnx.data',
    'm/../nnnx.data',
    'm//an.onx.data',
    'm/.n.onnx.data',
    'm\\an.onnx.data',
  ])('does not follow the name %s', async (name) => {
    await renameData(name);
    await expect(fromOnnxFile(model(), description)).rejects.toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message: expect.stringContaining('Put them beside it'),
      }),
    );
  });

  it('does not follow a link that leads out of the folder', async () => {
    const elsewhere = join(folder, 'secret');
    await cp(data(), elsewhere);
    await rm(data());
    await symlink(elsewhere, data());
    await expect(fromOnnxFile(model(), description)).rejects.toThrow(InvalidOptionError);
    await expect(fromOnnxFile(model(), description)).rejects.toThrow(/outside the folder/);
  });

  it('refuses data that is missing, cut short, too large or without an end', async () => {
    await truncate(data(), 8);
    await expect(fromOnnxFile(model(), description)).rejects.toThrow(WeightFormatError);
    // Sparse: nothing is written, and nothing must be read.
    await truncate(data(), 2 ** 40);
    await expect(fromOnnxFile(model(), description)).rejects.toThrow(/1099511627776 bytes/);
    await rm(data());
    await expect(fromOnnxFile(model(), description)).rejects.toThrow(WeightsError);
    await expect(fromOnnxFile('/dev/zero.onnx', description)).rejects.toThrow(WeightsError);
    await symlink('/dev/zero', join(folder, 'zero.onnx'));
    await expect(fromOnnxFile(join(folder, 'zero.onnx'), description)).rejects.toThrow(/no file/);
  });

  it('refuses other formats', async () => {
    await cp(model(), join(folder, 'x.tflite'));
    await expect(fromOnnxFile(join(folder, 'x.tflite'), description)).rejects.toThrow(/no \.onnx/);
  });
});
