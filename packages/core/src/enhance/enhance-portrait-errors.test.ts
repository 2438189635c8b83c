import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { failure, mocks, nan, portrait } from '@latent-matte/test-kit/mock-enhancement';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Generator, GeneratorContext, RasterImage } from '../contracts';
import {
  ImageTooLargeError,
  ImageTooSmallError,
  InvalidImageError,
  InvalidOptionError,
  ModelOutputError,
  NoPersonError,
  UnknownModelError,
} from '../errors';
import { MultiLevelEstimator } from '../foreground/multi-level-estimator';
import { customGradient } from '../ops/custom-gradient';
import { registerForegroundEstimator } from '../registry';
import {
  mockDiscriminator,
  mockGenerator,
  mockMattingModel,
  mockPerceptualModel,
  mockPortrait,
  mockTrimapModel,
} from '../testing';
import { enhancePortrait } from './enhance-portrait';
import type { EnhanceRequest } from './options';

eachBackend(() => {
  describe('models that misbehave', () => {
    const trimap = mockTrimapModel();
    const reference = mockMattingModel();
    const discriminator = mockDiscriminator();
    const perceptual = mockPerceptualModel();
    const generatorWith =
      (change: (x: tf.Tensor4D) => tf.Tensor4D) =>
      (context: GeneratorContext): Generator => {
        const generator = mockGenerator(context);
        return {
          ...generator,
          synthesize: (code) => tf.tidy(() => change(generator.synthesize(code))),
        };
      };
    const faults: [string, EnhanceRequest, RegExp][] = [
      [
        'logits with two channels',
        { trimap: { ...trimap, logits: (x) => tf.zeros([1, x.shape[1], x.shape[2], 2]) } },
        /"mock-trimap" returned logits of shape \[1, 64, 64, 2\]\. It must return \[1, 64, 64, 3\]/,
      ],
      [
        'alpha of half the size',
        { model: { ...reference, alpha: () => tf.zeros([1, 32, 32, 1]) } },
        /"mock-matting" returned alpha of shape \[1, 32, 32, 1\]/,
      ],
      [
        'alpha without channels',
        {
          model: {
            ...reference,
            alpha: () => tf.zeros([1, 64, 64]) as tf.Tensor as tf.Tensor4D,
          },
        },
        /alpha of shape \[1, 64, 64\]/,
      ],
      [
        'nothing for alpha',
        { model: { ...reference, alpha: () => undefined as unknown as tf.Tensor4D } },
        /alpha of shape \[nothing\]/,
      ],
      [
        'a portrait of another size',
        { generator: generatorWith((x) => tf.slice(x, [0, 0, 0, 0], [1, 32, 64, 3])) },
        /"mock-generator" returned a portrait of shape \[1, 32, 64, 3\]/,
      ],
      [
        'two scores',
        { discriminator: { ...discriminator, score: () => tf.zeros([1, 2]) } },
        /"mock-discriminator" returned a score of shape \[1, 2\]/,
      ],
      [
        'NaN logits',
        { trimap: { ...trimap, logits: (x) => nan(trimap.logits(x)) } },
        /"mock-trimap" returned NaN or infinity in its logits/,
      ],
      [
        'NaN alpha',
        { model: { ...reference, alpha: (x) => nan(reference.alpha(x)) } },
        /"mock-matting" returned NaN or infinity in its alpha/,
      ],
      [
        'an infinite score',
        {
          discriminator: {
            ...discriminator,
            score: () => tf.fill([1, 1], Number.NEGATIVE_INFINITY),
          },
        },
        /compositional loss became .*"mock-discriminator"/,
      ],
      [
        'NaN features',
        { perceptual: { ...perceptual, features: (x) => nan(perceptual.features(x)) } },
        /perceptual loss became NaN.*"mock-perceptual"/,
      ],
      [
        'a NaN portrait',
        { generator: generatorWith(nan) },
        /"mock-generator" returned NaN or infinity in its portrait/,
      ],
    ];

    it.each(faults)('%s: ModelOutputError', async (_, options, message) => {
      const { error } = await failure(mocks({ ...options }));
      expect(error).toBeInstanceOf(ModelOutputError);
      expect(String(error)).toMatch(message);
    });

    it('notices NaN that appears later, and frees everything', async () => {
      let broken = false;
      const { error, leaked } = await failure(
        mocks({
          trimap: {
            ...trimap,
            logits: (x) => (broken ? nan(trimap.logits(x)) : trimap.logits(x)),
          },
          onProgress: ({ step }) => {
            broken = step === 1;
          },
        }),
      );
      expect(error).toBeInstanceOf(ModelOutputError);
      expect(leaked).toBe(0);
    });

    it('notices a gradient that is NaN', async () => {
      const poisoned = (x: tf.Tensor4D) =>
        customGradient([x], (x) => ({ value: tf.clone(x) }), nan);
      const { error, leaked } = await failure(
        mocks({
          trimap: { ...trimap, logits: (x) => trimap.logits(poisoned(x)) },
        }),
      );
      expect(error).toBeInstanceOf(ModelOutputError);
      expect(leaked).toBe(0);
    });

    it('refuses models of another version of the interfaces', async () => {
      const { error, leaked } = await failure(
        mocks({
          generator: (context) => ({ ...mockGenerator(context), specVersion: 2 as 1 }),
        }),
      );
      expect(error).toBeInstanceOf(InvalidOptionError);
      expect(String(error)).toContain('"mock-generator" implements version 2');
      expect(leaked).toBe(0);
    });

    it('refuses a generator that cannot begin, and inverts others', async () => {
      const without = (part: 'encode' | 'both') => (context: GeneratorContext) => {
        const { encode: _, ...generator } = mockGenerator(context);
        return part === 'encode' ? generator : { ...generator, meanLatent: undefined };
      };
      const { error, leaked } = await failure(mocks({ generator: without('both') }));
      expect(error).toBeInstanceOf(InvalidOptionError);
      expect(leaked).toBe(0);
      const start = {
        styles: { shape: [2, 3], data: new Float32Array(6).fill(0.1) },
        noise: [{ shape: [16, 16, 3], data: new Float32Array(16 * 16 * 3) }],
      };
      const { warnings } = await enhancePortrait(
        portrait,
        mocks({
          steps: 1,
          generator: without('encode'),
          inversion: { steps: 1, start },
        }),
      );
      expect(warnings.join('\n')).toContain('reproduces the portrait only to');
    });
  });

  describe('pictures that cannot be used', () => {
    const image = (changes: Partial<RasterImage>): RasterImage => ({ ...portrait, ...changes });
    const black = {
      width: 64,
      height: 64,
      channels: 3 as const,
      data: new Uint8Array(64 * 64 * 3),
    };
    const claims = { width: 40_000, height: 40_000, channels: 3 as const };
    const huge = Object.defineProperty(new Uint8Array(0), 'length', { value: 4.8e9 });
    const broken = Float32Array.from(portrait.data);
    broken[77] = Number.NaN;
    const cases: [string, RasterImage, new (...args: never[]) => Error, RegExp][] = [
      ['no person', black, NoPersonError, /sees no person: 0\.00 %/],
      ['1 × 1', mockPortrait(1, 1), ImageTooSmallError, /1×1/],
      ['31 rows', mockPortrait(64, 31), ImageTooSmallError, /64×31.*at least 32/],
      ['NaN', image({ data: broken }), InvalidImageError, /NaN at index 77/],
      ['missing values', image({ height: 65 }), InvalidImageError, /64×65 .* but has 12288/],
      [
        '40000 × 40000 without data',
        { ...claims, data: new Uint8Array(9) },
        InvalidImageError,
        /4800000000/,
      ],
      ['40000 × 40000', { ...claims, data: huge }, ImageTooLargeError, /1600 megapixels/],
      ['nothing', null as unknown as RasterImage, InvalidImageError, /not a RasterImage/],
    ];

    it.each(cases)('%s', async (_, picture, type, message) => {
      const { error, leaked } = await failure(mocks(), picture);
      expect(error).toBeInstanceOf(type);
      expect(String(error)).toMatch(message);
      expect(leaked).toBe(0);
    });
  });
});

describe('names that are not registered', () => {
  registerForegroundEstimator('mock', () => new MultiLevelEstimator());

  it.each([
    ['model', 'matting model'],
    ['trimap', 'trimap model'],
    ['generator', 'generator'],
    ['discriminator', 'discriminator'],
    ['perceptual', 'perceptual model'],
    ['foreground', 'foreground estimator'],
  ])('%s', async (option, kind) => {
    const { error, leaked } = await failure(mocks({ [option]: 'nobody' }));
    expect(error).toBeInstanceOf(UnknownModelError);
    expect(String(error)).toContain(`no ${kind} called "nobody"`);
    expect(leaked).toBe(0);
  });
});
