import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import {
  discriminators,
  type GeneratorContext,
  generators,
  mattingModels,
  perceptualModels,
  registerMattingModel,
  trimapModels,
} from '@latent-matte/core';
import { packageFile } from '@latent-matte/core/backend';
import { setActiveBackend } from '@latent-matte/core/internal';
import { mockMattingModel } from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { fileBackend } from '@latent-matte/test-kit/file-backend';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type CatalogueEntry,
  catalogue,
  catalogueEntry,
  loadModel,
  type ModelKind,
  networks,
} from '../index';
import { rolesOf } from '../model-file/model-file';

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const only = <Weights extends CatalogueEntry['weights']>(weights: Weights) =>
  catalogue.filter(
    (entry): entry is Extract<CatalogueEntry, { weights: Weights }> => entry.weights === weights,
  );
const nets = new URL('../../../../../shared/data/nets/', import.meta.url);

beforeAll(() => setActiveBackend(fileBackend()));

describe('catalogue', () => {
  it('has each name once', () => {
    const ids = catalogue.map(({ id }) => id);
    expect(ids.filter((id, place) => ids.indexOf(id) !== place)).toEqual([]);
    const aliases = only('embedded').map(({ alias }) => alias);
    expect(ids.filter((id) => aliases.includes(id))).toEqual([]);
  });

  it.each(catalogue)('$id says what it is and under which licence', (entry) => {
    expect(entry.id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(entry.description).not.toBe('');
    expect(entry.license).not.toBe('');
    expect(entry.capabilities.gradient).toBe(true);
    const files = entry.weights === 'none' || entry.weights === 'embedded' ? [] : entry.files;
    for (const { url, sha256, size } of files) {
      if (url !== undefined) expect(new URL(url).protocol).toBe('https:');
      expect(size === undefined).toBe(sha256 === undefined);
      if (sha256 !== undefined) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  it.each(only('embedded'))('$id has the file that it names', ({ url, file }) => {
    const apart = packageFile(url().href);
    const place = apart && `../../../${apart.package.split('/')[1]}/${apart.path}`;
    const bytes = readFileSync(new URL(place ?? url(), import.meta.url));
    expect(url().pathname).toContain(file.name);
    expect([bytes.length, hash(bytes)]).toEqual([file.size, file.sha256]);
  });

  it.each(only('checkpoint'))('$id refuses a checkpoint without its tensors', (entry) => {
    for (const text of [entry.input, entry.paper, entry.code]) expect(text).not.toBe('');
    expect(entry.files.length).toBeGreaterThan(0);
    const { create } = entry;
    if (create === undefined) return;
    expect(() => create({ tensors: new Map() })).toThrow(/is missing|StyleGAN2/s);
  });

  it.each(only('file'))('$id is pinned, and described for what it is', (entry) => {
    expect(entry.revision).not.toBe('');
    for (const { url } of entry.files) {
      if (url !== undefined) expect(url).toContain(entry.revision);
    }
    expect(rolesOf(entry)[0]).toBe(entry.kind);
  });

  const checked = [
    ['rvm', 'rvm-tfjs/'],
    ['sinet', 'sinet/'],
    ['prisma-net', 'prisma-net/'],
    ['deeplab-person', 'deeplab-person/'],
    ['taef2', 'taef2/'],
  ] as const;
  it.skipIf(!existsSync(nets)).each(checked)(
    '%s has the size and the hash of the copy in ../shared/data/nets',
    (id, folder) => {
      const entry = catalogueEntry(id)!;
      const files = entry.weights === 'file' || entry.weights === 'checkpoint' ? entry.files : [];
      expect(files.length).toBeGreaterThan(0);
      for (const { name, size, sha256 } of files) {
        const bytes = readFileSync(new URL(folder + name, nets));
        expect([name, bytes.length, hash(bytes)]).toEqual([name, size, sha256]);
      }
    },
  );

  it('knows the short names of earlier versions, by kind where they were shared', () => {
    const idOf = (name: string, kind?: ModelKind) => catalogueEntry(name, kind)?.id;
    expect(idOf('compact')).toBe('compact-generator');
    expect(idOf('compact', 'matting')).toBe('compact-matting');
    expect(idOf('compact', 'trimap')).toBe('compact-trimap');
    expect(idOf('compact', 'perceptual')).toBe('compact-perceptual');
    expect(idOf('compact', 'discriminator')).toBe('compact-discriminator');
    expect(idOf('compact-face')).toBe('compact-face-discriminator');
    expect(idOf('compact-face', 'matting')).toBeUndefined();
    expect(idOf('nothing')).toBeUndefined();
  });

  it('offers as networks what takes weights', () => {
    const ids = networks.map(({ id }) => id);
    expect(ids).toEqual(
      expect.arrayContaining(['stylegan2', 'modnet', 'compact-matting', 'taef2']),
    );
    expect(ids).not.toContain('compact-trimap');
  });
});

eachBackend((backend) => {
  const registries = {
    matting: mattingModels,
    trimap: trimapModels,
    discriminator: discriminators,
    perceptual: perceptualModels,
    generator: generators,
  };
  /** The method that a kind is for. */
  const methods: Readonly<Record<string, string>> = {
    matting: 'alpha',
    trimap: 'logits',
    discriminator: 'score',
    perceptual: 'features',
    generator: 'synthesize',
    encoder: 'encode',
  };

  // Loading is the same everywhere, and slow on one of them.
  it.skipIf(backend === 'cpu').each(only('embedded'))(
    '$id loads to its kind, by every name',
    async ({ id, kind, alias }) => {
      const model = await loadModel(id);
      expect(methods[kind]! in model).toBe(true);
      model.dispose?.();
      if (kind === 'encoder') return;
      const registry = registries[kind];
      expect(registry.names()).toContain(id);
      const context = { image: tf.zeros([1, 8, 8, 3]) } as GeneratorContext & undefined;
      for (const name of [id, ...(alias ? [alias] : [])]) {
        const made = await registry.create(name, context);
        expect([methods[kind]! in made, made.name]).toEqual([true, model.name]);
        (made as { dispose?(): void }).dispose?.();
      }
    },
  );

  it.skipIf(backend === 'cpu')('loads an older name, of a kind where it was shared', async () => {
    const [matting, trimap] = [
      await loadModel('compact', { kind: 'matting' }),
      await loadModel('compact', { kind: 'trimap' }),
    ];
    expect([matting.name, trimap.name]).toEqual(['compact-matting', 'compact-trimap']);
    matting.dispose();
    trimap.dispose();
  });
});

describe('names', () => {
  it('warns a program that takes one of them, and lets it', async () => {
    const warnings = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    registerMattingModel('one-of-mine', () => mockMattingModel());
    expect(warnings).not.toHaveBeenCalled();
    registerMattingModel('compact-matting', () => mockMattingModel({ name: 'mine' }));
    expect(warnings).toHaveBeenCalledOnce();
    expect((await mattingModels.create('compact', undefined)).name).toBe('mine');
    warnings.mockRestore();
  });

  it('say what to do about a model that is known and not here', async () => {
    await expect(loadModel('rvm')).rejects.toThrow(/models add rvm.*GPL-3\.0/s);
    await expect(loadModel('vgg16')).rejects.toThrow(/comes without weights.*vgg16-397923af/s);
    await expect(loadModel('taef2')).rejects.toThrow(/comes without weights.*taef2_encoder/s);
    await expect(loadModel('residual-pyramid')).rejects.toThrow(/made for each portrait/);
    await expect(loadModel('nobody')).rejects.toThrow(
      /There is no model "nobody".*compact-matting.*rvm/s,
    );
    const nothing = { weights: new Uint8Array() };
    await expect(loadModel('compact-trimap', nothing)).rejects.toThrow('comes with its weights');
    await expect(loadModel('compact-trimap', { trainable: true })).rejects.toThrow(
      /cannot be fine-tuned.*compact-matting, modnet, indexnet/s,
    );
  });
});
