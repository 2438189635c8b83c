import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { mockPortrait } from '@latent-matte/core/testing';
import { thrownBy } from '@latent-matte/test-kit/thrown-by';
import { beforeAll, describe, expect, it } from 'vitest';
import * as core from './core';
import * as entry from './index';
import * as models from './models';
import * as page from './page';
import { createWeightResolver } from './resolve-weights';

const { InvalidOptionError, LatentMatteError, WeightsError } = core;
const wasmPaths = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));

beforeAll(() => entry.useWebBackend({ device: 'wasm', wasmPaths }));

const isClass = (value: unknown): boolean => /^class\b/.test(String(value));
const functions = [
  ...Object.entries(entry).filter(([name]) => name !== 'keepModels'),
  ...Object.entries(page).map(([name, value]) => [`${name} of /page`, value] as const),
].filter(
  (named): named is [string, (...args: unknown[]) => unknown] =>
    typeof named[1] === 'function' && !isClass(named[1]),
);
const junk: readonly unknown[] = [undefined, null, 5, 'x', true, {}, [], () => undefined];

describe.each(functions)('%s', (_, call) => {
  it.each(junk.map((value) => [typeof value === 'function' ? 'a function' : value]))(
    'given %j everywhere, throws nothing but errors of this SDK',
    async (value) => {
      const given = value === 'a function' ? () => undefined : value;
      const error = await thrownBy(() => call(given, given, given));
      if (error === undefined) return;
      expect(LatentMatteError.isInstance(error), String((error as Error).stack)).toBe(true);
      expect((error as InstanceType<typeof LatentMatteError>).remedy).not.toBe('');
    },
  );
});

describe('a wrong call says which', () => {
  const use = entry.useWebBackend as (options: unknown) => Promise<unknown>;
  it.each<[string, unknown, string]>([
    ['null', null, 'The options of useWebBackend is null.'],
    ['a mistyped option', { weightPath: '/w/' }, 'Did you mean "weightsPath"?'],
    ['a worker that is none', { worker: 'x' }, 'worker is "x". Give true, or a Worker.'],
    ['paths that are a number', { wasmPaths: 5 }, 'wasmPaths is 5.'],
    ['a folder that is a number', { weightsPath: 5 }, 'The folder is 5. Give a URL.'],
    ['URLs that are text', { weightUrls: '/w/' }, 'weightUrls is "/w/". Give URLs by file name.'],
    ['a URL that is a number', { weightUrls: { 'a.bin': 5 } }, 'weightUrls["a.bin"] is 5.'],
  ])('useWebBackend: %s', async (_, options, message) => {
    const error = await thrownBy(() => use(options));
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect((error as Error).message).toContain(message);
  });

  it('a picture in the place of options', async () => {
    const error = await thrownBy(() =>
      entry.toBlob(mockPortrait(8, 8), mockPortrait(8, 8) as never),
    );
    expect((error as Error).message).toContain('toBlob has no option "width"');
  });
});

describe('weights of a package that is installed apart', () => {
  const file = {
    name: 'compact-generator.safetensors',
    url: 'npm:@latent-matte/compact-generator/weights/compact-generator.safetensors',
    size: 3,
    // Of the bytes 1, 2, 3.
    sha256: '039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81',
  };
  const fetched: string[] = [];
  const fetch = async (url: string) => {
    fetched.push(url);
    return new Response(new Uint8Array([1, 2, 3]));
  };

  it('are refused with what to install', async () => {
    await entry.useWebBackend({ device: 'wasm', wasmPaths });
    const error = await thrownBy(() => models.loadModel('compact-generator'));
    expect(error).toBeInstanceOf(WeightsError);
    expect((error as Error).message).toMatch(
      /compact-encoder\.safetensors is in a package of its own.*Install @latent-matte\/compact-generator/,
    );
  });

  it('come from their URL, before that of the folder', async () => {
    const url = 'https://site.test/assets/generator-1a2b.bin';
    const weightUrls = { 'compact-generator.safetensors': url };
    const folder = 'https://cdn.test/w';
    const given = { fetch, caches: null };
    await createWeightResolver({ ...given, weightsPath: folder, weightUrls })(file);
    await createWeightResolver({ ...given, weightsPath: folder })(file);
    expect(fetched).toEqual([url, `${folder}/compact-generator.safetensors`]);
  });
});
