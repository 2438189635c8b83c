import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadModel, useNodeBackend } from '@latent-matte/backend-node';
import { type Generator, mattingModels, trimapModels } from '@latent-matte/backend-node/core';
import {
  createWeightResolver,
  type FileEntry,
  listInstalledModels,
  registerInstalledModels,
} from '@latent-matte/backend-node/models';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { resolveModelChoices } from '../model-choice/resolve-model-choice';
import { run } from '../run';
import { memoryTerminal } from '../testing/fake-enhancement';
import { addKnownModel, knownModel } from './add-known-model';

const nets = fileURLToPath(new URL('../../../../../shared/data/nets', import.meta.url));
const rvm = join(nets, 'rvm-tfjs');
const sinet = join(nets, 'sinet/SINet_Softmax.onnx');
const u2net = fileURLToPath(
  new URL('../../../models/fixtures/small-networks/u2net.onnx', import.meta.url),
);

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Whether the copy beside the project is there and is the revision that the catalogue knows. */
const hasPinnedRvm = knownModel('rvm')!.files.every(
  (file) =>
    existsSync(join(rvm, file.name)) && sha256(readFileSync(join(rvm, file.name))) === file.sha256,
);

let folder: string;
let server: Server | undefined;
const at = (name: string) => join(folder, name);
const kept = async () => (existsSync(at('models')) ? (await readdir(at('models'))).sort() : []);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-add-'));
  vi.stubEnv('LATENT_MATTE_MODELS', at('models'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  server?.close();
  server = undefined;
  await rm(folder, { recursive: true });
});

async function command(...parameters: string[]) {
  const terminal = memoryTerminal();
  const code = await run(parameters, terminal, new AbortController().signal);
  return { code, out: terminal.outs.join('\n'), notes: terminal.notes.join('\n') };
}

/** The small U²-Net of the fixtures as an entry of the catalogue, at an address of this machine. */
async function served(serve: Buffer | undefined = undefined): Promise<FileEntry> {
  const content = await readFile(u2net);
  server = createServer((_, response) => response.end(serve ?? content));
  await new Promise<void>((listening) => server!.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    ...knownModel('prisma-net')!,
    id: 'small-net',
    license: 'MIT',
    files: [
      {
        name: 'u2net.onnx',
        url: `http://127.0.0.1:${port}/u2net.onnx`,
        size: content.length,
        sha256: sha256(content),
      },
    ],
  };
}
const loopback = createWeightResolver({ cacheDirectory: null, allowLoopback: true });
const never = new AbortController().signal;

describe('models add NAME', () => {
  it('states the licence, fetches, verifies, and the name works', async () => {
    const entry = await served();
    const terminal = memoryTerminal();
    await addKnownModel(entry, { yes: true }, terminal, never, loopback);
    expect(terminal.notes.join('\n')).toMatch(/licence +MIT\n.*Portrait-Segmentation \(680f09d/);
    expect(await kept()).toEqual(['small-net', 'small-net.json']);
    const [model] = await listInstalledModels();
    expect(model).toMatchObject({ id: 'small-net', kind: 'matting', network: 'small-net' });
    await registerInstalledModels();
    await useNodeBackend({ device: 'cpu' });
    const matting = await mattingModels.create('small-net', undefined);
    const trimap = await trimapModels.create('small-net', undefined);
    const loaded = await loadModel('small-net', { kind: 'trimap' });
    expect(['alpha' in matting, 'logits' in trimap, 'logits' in loaded]).toEqual([
      true,
      true,
      true,
    ]);
    for (const made of [matting, trimap, loaded]) made.dispose?.();

    expect(await command('models', 'verify')).toMatchObject({ code: 0, out: 'small-net ok' });
    const path = at('models/small-net/u2net.onnx');
    const bytes = await readFile(path);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(path, bytes);
    expect((await command('models', 'verify', 'small-net')).code).toBe(1);
    expect((await command('models', 'remove', 'small-net')).code).toBe(0);
    expect(await kept()).toEqual([]);
  });

  it('asks, and adds nothing without a yes', async () => {
    const entry = await served();
    const questions: string[] = [];
    const answering = (answer: boolean) => ({
      ...memoryTerminal(),
      ask: async (question: string) => {
        questions.push(question);
        return answer;
      },
    });
    const add = (terminal: ReturnType<typeof memoryTerminal>) =>
      addKnownModel(entry, {}, terminal, never, loopback);
    await expect(add(memoryTerminal())).rejects.toThrow(/nobody can be asked here.*--yes/s);
    await expect(add(answering(false))).rejects.toThrow(/was not accepted/);
    expect(await kept()).toEqual([]);
    await add(answering(true));
    expect(questions[0]).toBe('Add small-net under the licence MIT? [y/N] ');
    expect(await kept()).toEqual(['small-net', 'small-net.json']);
    await expect(add(answering(true))).rejects.toThrow(/a model "small-net" already/);
  });

  it('refuses other bytes than those that were checked, and keeps nothing', async () => {
    const content = await readFile(u2net);
    content[100]! ^= 1;
    const entry = await served(content);
    const add = addKnownModel(entry, { yes: true }, memoryTerminal(), never, loopback);
    await expect(add).rejects.toThrow(/SHA-256/);
    const from = at('u2net.onnx');
    await writeFile(from, content);
    const local = addKnownModel(entry, { yes: true, from }, memoryTerminal(), never);
    await expect(local).rejects.toThrow(/is not the u2net\.onnx that was checked/);
    expect(await kept()).toEqual([]);
  });

  it('says how to go on without a network, and fetches nothing unasked', async () => {
    const fetch = vi.fn(() => Promise.reject(new TypeError('offline')));
    vi.stubGlobal('fetch', fetch);
    expect((await command('models', 'add', 'prisma-net')).notes).toMatch(/nobody can be asked/);
    expect(fetch).not.toHaveBeenCalled();
    const offline = await command('models', 'add', 'prisma-net', '--yes');
    expect(offline.notes).toMatch(
      /could not be fetched.*offline.*--from FOLDER\/prisma_nchw\.onnx/s,
    );
    expect(fetch).toHaveBeenCalledOnce();
    const sinet = await command('models', 'add', 'sinet', '--yes');
    expect(sinet.notes).toMatch(/no address of its own.*--from SINet_Softmax\.onnx/s);
    expect(await kept()).toEqual([]);
  });

  it.skipIf(!hasPinnedRvm)('takes rvm of ../shared/data/nets, from a file', async () => {
    const from = join(rvm, 'model.json');
    const added = await command('models', 'add', 'rvm', '--from', from, '--yes');
    expect(added.code, added.notes).toBe(0);
    expect(added.out).toContain('rvm (matting, GPL-3.0)');
    const list = JSON.parse((await command('models', 'list', '--json')).out);
    expect(list.installed).toMatchObject([{ id: 'rvm', kind: 'matting' }]);
    const flags = await resolveModelChoices({ model: 'rvm' }, memoryTerminal());
    expect(flags).toMatchObject({ model: 'rvm' });
    const model = await mattingModels.create('rvm', undefined);
    expect(model.needsTrimap).toBe(false);
    model.dispose?.();
  });

  const taef2 = ['taef2_encoder.pth', 'taef2_decoder.pth'].map((file) => join(nets, 'taef2', file));
  it.skipIf(!taef2.every((file) => existsSync(file))).each([
    ['one of its files', taef2[1]!],
    ['their folder', join(nets, 'taef2')],
  ])(
    'takes taef2 of ../shared/data/nets, from %s, and makes it for a portrait',
    async (_, from) => {
      const added = await command('models', 'add', 'taef2', '--from', from);
      expect(added.code, added.notes).toBe(0);
      expect(added.out).toContain('taef2 (generator, taef2)');
      const [model] = await listInstalledModels();
      expect(model).toMatchObject({ id: 'taef2', kind: 'generator', license: 'MIT' });
      await registerInstalledModels();
      const image = tf.fill([1, 16, 24, 3], 0.5) as tf.Tensor4D;
      const generator = await loadModel<Generator>('taef2', { portrait: { image } });
      expect(generator).toMatchObject({ name: 'taef2', resolution: [16, 24] });
      generator.dispose();
      image.dispose();
      await expect(loadModel('taef2')).rejects.toThrow(/made for each portrait/);
    },
  );

  it('refuses names that come along, or that cannot be run', async () => {
    expect((await command('models', 'add', 'compact-matting')).notes).toMatch(/is made|comes/);
    expect((await command('models', 'add', 'taef2', '--yes')).notes).toMatch(/taef2_encoder\.pth/);
    expect((await command('models', 'add', 'vgg16')).notes).toMatch(/vgg16-397923af\.pth/);
    const own = await command('models', 'add', u2net, '--id', 'compact-matting');
    expect(own.notes).toMatch(/comes along/);
    expect((await command('models', 'add', u2net)).notes).toMatch(/--id NAME/);
  });
});

describe('a model file', () => {
  it('is added under an id, with its guess printed, or as described', async () => {
    const guessed = await command('models', 'add', u2net, '--id', 'mine');
    expect(guessed).toMatchObject({ code: 0, notes: expect.stringContaining('This is a guess:') });
    const description = at('description.json');
    await writeFile(
      description,
      '{ "kind": "matting", "license": "BSD", "input": {"range": [-1, 1]} }',
    );
    const described = await command(
      ...['models', 'add', u2net, '--id', 'mine', '--describe', description, '--force'],
    );
    expect(described).toMatchObject({ code: 0, notes: '' });
    expect(await listInstalledModels()).toMatchObject([
      { id: 'mine', license: 'BSD', runs: { roles: { matting: { input: { range: [-1, 1] } } } } },
    ]);
  });

  it('is loaded by its id beside damaged descriptions of others; a damaged one says so', async () => {
    await command('models', 'add', u2net, '--id', 'mine');
    for (const [name, content] of Object.entries({ half: '{"net', empty: '', nothing: 'null' })) {
      await writeFile(at(`models/${name}.json`), content);
    }
    await mkdir(at('models/folder.json'));
    await useNodeBackend({ device: 'cpu' });
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    await registerInstalledModels();
    expect(warn).toHaveBeenCalledTimes(4);
    warn.mockRestore();
    for (const made of [await mattingModels.create('mine', undefined), await loadModel('mine')])
      made.dispose?.();
    for (const id of ['half', 'empty', 'nothing', 'folder']) {
      await expect(loadModel(id)).rejects.toThrow(`${id}.json is damaged`);
    }
    await expect(loadModel('absent')).rejects.toThrow('no model "absent"');
  });

  it('is chosen by its path, described or guessed, and older names say the same as ids', async () => {
    const terminal = memoryTerminal();
    const flags = { model: [u2net, 'compact'], describe: [], trimap: u2net };
    const chosen = await resolveModelChoices(flags, terminal);
    expect(chosen).toMatchObject({ model: [u2net, 'compact-matting'], trimap: u2net });
    expect(terminal.notes.join('\n')).toMatch(/has no description\. This is a guess:/);
    await useNodeBackend({ device: 'cpu' });
    const model = await mattingModels.create(u2net, undefined);
    expect(model.name).toBe('u2net.onnx');
    model.dispose?.();

    const wrong = at('wrong.json');
    await writeFile(wrong, '{');
    const described = (describe: string[], model: string) =>
      resolveModelChoices({ model, describe }, memoryTerminal());
    await expect(described([wrong], u2net)).rejects.toThrow(/is no JSON/);
    await expect(described([at('none.json')], u2net)).rejects.toThrow(/ENOENT/);
    await expect(described([wrong], 'compact-matting')).rejects.toThrow(/belongs to no model file/);
    await expect(described([], 'prisma-net')).rejects.toThrow(/models add prisma-net/);
    await expect(described([], at('absent.onnx'))).rejects.toThrow(/There is no file/);
  });

  it.skipIf(!existsSync(sinet))('is recognised by its hash', async () => {
    await mkdir(at('renamed'));
    const path = at('renamed/anything.onnx');
    await cp(sinet, path);
    const terminal = memoryTerminal();
    await resolveModelChoices({ model: path }, terminal);
    expect(terminal.notes).toEqual([`${path} is "sinet" of the catalogue (MIT (NAVER))`]);
  });

  it('cannot be fine-tuned', async () => {
    const result = await command(
      ...['fine-tune', '-m', 'net.onnx', '--pairs', 'x', '-o', at('out.safetensors')],
    );
    expect(result.notes).toMatch(/cannot be fine-tuned/);
  });
});
