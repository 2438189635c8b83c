import { existsSync, readFileSync } from 'node:fs';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as converter from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { catalogueEntry, type FileEntry } from '../index';
import { guessDescription } from './guess-description';
import { type GraphModelClass, loadModelFile } from './load-model-file';
import { otherFilesOf, rolesOf } from './model-file';
import { readDescription, readFacts } from './read-description';

const nets = new URL('../../../../../shared/data/nets/', import.meta.url);
const here = existsSync(nets);
const graphModels = async () => converter.GraphModel as unknown as GraphModelClass;
const small = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../fixtures/small-networks/${name}`, import.meta.url)));
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

const folders = {
  rvm: 'rvm-tfjs',
  sinet: 'sinet',
  'prisma-net': 'prisma-net',
  'deeplab-person': 'deeplab-person',
};

function contentsOf(id: keyof typeof folders) {
  const entry = catalogueEntry(id) as FileEntry;
  const read = (name: string) =>
    new Uint8Array(readFileSync(new URL(`${folders[id]}/${name}`, nets)));
  const contents = new Map(entry.files.map(({ name }) => [name, read(name)]));
  return { ...entry, name: id, contents };
}

eachBackend((backend) => {
  it.skipIf(!here || backend === 'cpu').each(Object.keys(folders) as (keyof typeof folders)[])(
    '%s of ../shared/data/nets runs as the catalogue describes it, in every role',
    async (id) => {
      const file = contentsOf(id);
      const image = tf.fill([1, 64, 64, 3], 0.5) as tf.Tensor4D;
      for (const role of rolesOf(file)) {
        const model = await loadModelFile(file, role, graphModels);
        expect(model).toMatchObject({ name: id, license: file.license });
        const answer = 'alpha' in model ? model.alpha({ image }) : model.logits(image);
        expect(answer.shape).toEqual([1, 64, 64, role === 'matting' ? 1 : 3]);
        expect((await answer.data()).every(Number.isFinite)).toBe(true);
        answer.dispose();
        model.dispose?.();
      }
      image.dispose();
    },
  );
});

describe('guessDescription', () => {
  it.skipIf(!here)('finds what the catalogue says of the networks in ../shared/data/nets', () => {
    const guess = (id: keyof typeof folders) => {
      const { format, contents } = contentsOf(id);
      return guessDescription(format, [...contents.values()][0]);
    };
    expect(guess('prisma-net').roles.matting).toMatchObject({
      input: { layout: 'NCHW', size: { fixed: [256, 256] } },
      output: { channel: 0, activation: 'none' },
    });
    expect(guess('sinet').roles.matting).toMatchObject({
      input: { layout: 'NCHW', size: { fixed: [320, 320] } },
      output: { channel: 1, activation: 'none' },
    });
    expect(guess('deeplab-person').roles).toMatchObject({
      matting: {
        input: { layout: 'NCHW', size: { fixed: [513, 513] } },
        output: { channel: 1, activation: 'softmax' },
      },
      trimap: { output: { values: 'logits', person: { channel: 1 } } },
    });
    const rvm = guess('rvm');
    expect(rvm.roles.matting).toMatchObject({
      input: { name: 'src', layout: 'NHWC' },
      output: { name: 'pha', channel: 0, activation: 'none' },
    });
    expect(rvm.constants).toEqual({ r1i: 0, r2i: 0, r3i: 0, r4i: 0, downsample_ratio: 1 });
    expect(rvm.reasons.join('\n')).toMatch(/RGB from 0 to 1; no file says this/);
  });

  it('sees states, trimaps and sigmoids in small networks', () => {
    const rvm = guessDescription('onnx', small('rvm.onnx'));
    expect(rvm.roles.matting?.output?.name).toBe('alpha');
    expect(rvm.constants).toEqual({ r1i: 0, r2i: 0, r3i: 0, r4i: 0 });
    const vitmatte = guessDescription('onnx', small('vitmatte.onnx'));
    expect(vitmatte.roles).toMatchObject({ matting: { trimap: { as: 'channels' } } });
    expect(vitmatte.roles.trimap).toBeUndefined();
    expect(guessDescription('onnx', small('modnet.onnx')).roles.matting?.input?.layout).toBe(
      'NCHW',
    );
    expect(rolesOf(guessDescription('onnx', small('u2net.onnx'), 'trimap'))).toEqual(['trimap']);
  });

  it('refuses what is no model', () => {
    expect(() => guessDescription('graph-model', json({ format: 'layers-model' }))).toThrow(
      /not the model\.json/,
    );
    expect(() => guessDescription('onnx', json({}))).toThrow(/ONNX/);
  });
});

describe('readDescription', () => {
  it('takes the description of fromOnnx, and constants', () => {
    const value = { kind: 'matting', name: 'n', license: 'MIT', input: { range: [-1, 1] } };
    expect(readDescription({ ...value, constants: { r: 1 } }, 'onnx', 'd.json')).toEqual({
      format: 'onnx',
      name: 'n',
      license: 'MIT',
      roles: { matting: { kind: 'matting', input: { range: [-1, 1] } } },
      constants: { r: 1 },
    });
    expect(rolesOf(readDescription({ kind: 'trimap' }, 'onnx', 'd.json'))).toEqual(['trimap']);
  });

  it.each([
    [null, /holds no description/],
    [{ kind: 'matting', inputs: {} }, /no option "inputs"/],
    [{ kind: 'generator' }, /wrong description/],
    [{ input: 'x' }, /"input" is no object/],
    [{ input: { range: [1] } }, /input\.range = \[1\]/],
    [{ constants: { a: 'b' } }, /constant "a"/],
    [{ constants: [1] }, /constants/],
  ])('refuses %j by name', (value, message) => {
    expect(() => readDescription(value, 'onnx', 'd.json')).toThrow(message);
  });

  it.each([null, {}, { format: 'exe', roles: {} }, { format: 'onnx', roles: {} }])(
    'refuses the stored %j',
    (value) => {
      expect(() => readFacts(value, 'x.json')).toThrow(/x\.json/);
    },
  );
});

it('takes the weights of a graph model from beside it alone', () => {
  const manifest = (path: unknown) =>
    json({
      format: 'graph-model',
      modelTopology: {},
      weightsManifest: [{ paths: [path], weights: [] }],
    });
  expect(otherFilesOf('graph-model', manifest('group1-shard1of1.bin'))).toEqual([
    'group1-shard1of1.bin',
  ]);
  for (const path of ['../secret', '/etc/passwd', 'a/b', '.hidden', 'https://x.org/y']) {
    expect(() => otherFilesOf('graph-model', manifest(path))).toThrow(/Put them beside it/);
  }
  expect(() => otherFilesOf('graph-model', manifest(5))).toThrow(/not the model\.json/);
});
