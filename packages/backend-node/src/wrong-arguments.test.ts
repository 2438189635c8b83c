import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mockPortrait } from '@latent-matte/core/testing';
import { thrownBy } from '@latent-matte/test-kit/thrown-by';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCheckpoint, toFloat32 } from './checkpoints';
import * as core from './core';
import { measureMatte } from './evaluate';
import { generatePortraits } from './generate';
import * as main from './index';
import { canonicalStyleGAN2Weights, fromFunction, fromOnnx, fromOnnxFile } from './models';

const { InvalidImageError, InvalidOptionError, LatentMatteError } = core;
/** The main entry, and of the others what an application comes to next. */
const entry = {
  ...main,
  ...{ openCheckpoint, toFloat32, measureMatte, generatePortraits },
  ...{ canonicalStyleGAN2Weights, fromFunction, fromOnnx, fromOnnxFile },
  assertRaster: core.assertRaster,
  invertPortrait: core.invertPortrait,
  registerTrimapModel: core.registerTrimapModel,
  toFloatImage: core.toFloatImage,
};
const photo = mockPortrait(64, 64);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-wrong-'));
  await entry.useNodeBackend({ device: 'cpu' });
});
afterAll(() => rm(folder, { recursive: true }));

/** What works with anything, or would start threads and processes. */
const leftOut = ['keepModels', 'listDevices'];
const isClass = (value: unknown): boolean => /^class\b/.test(String(value));
const functions = Object.entries(entry).filter(
  (named): named is [string, (...args: unknown[]) => unknown] =>
    typeof named[1] === 'function' && !isClass(named[1]) && !leftOut.includes(named[0]),
);

const junk: readonly unknown[] = [undefined, null, 5, 'x', true, {}, [], () => undefined];

describe.each(functions)('%s', (name, call) => {
  it.each(junk.map((value) => [typeof value === 'function' ? 'a function' : value]))(
    'given %j everywhere, throws nothing but errors of this SDK',
    async (value) => {
      const given = value === 'a function' ? () => undefined : value;
      // Nothing at all, or no options, are options like any other here.
      const optional = ['useNodeBackend', 'createWorkerPool'].includes(name);
      if (optional && (given === undefined || JSON.stringify(given) === '{}')) return;
      const error = await thrownBy(() => call(given, given, given));
      if (error === undefined) return;
      expect(LatentMatteError.isInstance(error), String((error as Error).stack)).toBe(true);
      expect((error as InstanceType<typeof LatentMatteError>).remedy).not.toBe('');
    },
  );
});

describe('a wrong call says which', () => {
  const any = entry as unknown as Record<string, (...args: unknown[]) => unknown>;
  it.each<[string, () => unknown, new (...args: never[]) => Error, string]>([
    [
      'onProgress: true',
      () => any.enhancePortrait!(photo, { onProgress: true }),
      InvalidOptionError,
      'onProgress is true. Give a function.',
    ],
    [
      'a factory that is an object',
      () => any.registerMattingModel!('mine', { alpha() {} }),
      InvalidOptionError,
      'factory of "mine" that registerMattingModel was given is an object',
    ],
    [
      'a factory first',
      () => any.registerMattingModel!(() => ({}), 'mine'),
      InvalidOptionError,
      'name that registerMattingModel was given is a function',
    ],
    [
      'a factory that returns nothing',
      () => {
        any.registerMattingModel!('empty', () => undefined);
        return any.cutOut!(photo, { model: 'empty' });
      },
      InvalidOptionError,
      'The factory of the matting model "empty" returned undefined.',
    ],
    [
      'readImage(undefined)',
      () => any.readImage!(undefined),
      InvalidImageError,
      'The image is undefined, which is no picture.',
    ],
    [
      'a mistyped option of readImage',
      () => any.readImage!('x.png', { maxPixel: 1 }),
      InvalidOptionError,
      'Did you mean "maxPixels"?',
    ],
    [
      'a mistyped option of useNodeBackend',
      () => any.useNodeBackend!({ devise: 'wasm' }),
      InvalidOptionError,
      'Did you mean "device"?',
    ],
    [
      'a mistyped option of createWorkerPool',
      () => any.createWorkerPool!({ worker: 2 }),
      InvalidOptionError,
      'Did you mean "workers"?',
    ],
    [
      'the options first',
      () => any.enhancePortrait!({ steps: 1 }, photo),
      InvalidOptionError,
      'enhancePortrait has no option "width"',
    ],
    [
      'the picture first',
      () => any.writeImage!(photo, 'x.png'),
      InvalidOptionError,
      'The path is an object. Pass the path of a file first, then the picture.',
    ],
    [
      'no picture to write',
      () => any.writeImage!(join(folder, 'x.png'), undefined),
      InvalidImageError,
      'not a RasterImage',
    ],
    [
      'a format that is none',
      () => any.encodeImage!(photo, 'gif'),
      InvalidOptionError,
      'There is no format "gif".',
    ],
    [
      'a model without a description',
      () => any.fromFunction!(() => undefined),
      InvalidOptionError,
      'The description of the model is undefined.',
    ],
  ])('%s', async (_, call, kind, message) => {
    const error = await thrownBy(call);
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).toContain(message);
  });
});
