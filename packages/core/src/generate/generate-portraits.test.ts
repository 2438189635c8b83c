import '@latent-matte/core/gradients';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Generator } from '../contracts';
import { AbortedError } from '../errors';
import { serializeLatents } from '../latents/serialize-latents';
import {
  checkLeaks,
  mockDiscriminator,
  mockGenerator,
  mockMattingModel,
  mockPortrait,
  mockPortraits,
  mockTrimapModel,
} from '../testing';
import { generatePortraits } from './generate-portraits';
import type { GenerateOptions } from './options';
import { pairRandom } from './pair-random';
import type { GeneratedPair, GenerationProgress } from './types';

const models = [
  mockMattingModel({ name: 'one', tilt: 0.1 }),
  mockMattingModel({ name: 'two', tilt: 0.2, needsTrimap: false }),
];
const SIDE = 48;
const makeGenerator = (): Generator => {
  const image = mockPortraits(SIDE, SIDE, [1]);
  try {
    return mockGenerator({ image });
  } finally {
    image.dispose();
  }
};

/** Small, quick, and with steps that show. */
const quick = {
  models,
  trimap: mockTrimapModel(),
  discriminator: mockDiscriminator(),
  noise: 'generator',
  truncation: 0.1,
  steps: 3,
  learningRate: 0.01,
  // One for every step, so that losses of steps can be compared.
  backgrounds: [mockPortrait(SIDE, SIDE, 9)],
  seed: 5,
} satisfies Partial<GenerateOptions>;

async function generate(
  generator: Generator,
  options: Partial<GenerateOptions> = {},
): Promise<GeneratedPair[]> {
  const pairs: GeneratedPair[] = [];
  for await (const pair of generatePortraits({ ...quick, generator, count: 4, ...options })) {
    pairs.push(pair);
  }
  return pairs;
}

eachBackend(() => {
  describe('generatePortraits', () => {
    it('pairs the initial portrait with the alpha of the optimised one, and leaves no tensors', async () => {
      let pairs: GeneratedPair[] = [];
      const { leaked } = await checkLeaks(async () => {
        const generator = makeGenerator();
        pairs = await generate(generator, { keepEnhanced: true });
        generator.dispose();
      });
      expect(leaked).toBe(0);
      expect(pairs.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
      for (const pair of pairs) {
        expect(pair).toMatchObject({
          seed: 5,
          image: { width: SIDE, height: SIDE, channels: 3 },
          alpha: { width: SIDE, height: SIDE, channels: 1 },
          trimap: { width: SIDE, height: SIDE, channels: 1 },
          models: { generator: 'mock-generator', trimap: 'mock-trimap' },
        });
        expect(pair.image.data).not.toEqual(pair.enhanced!.data);
        // The entropy is that of the trimap, which the second model does without (paper IV-C).
        const terms =
          pair.models.reference === 'one' ? ['entropy', 'compositional'] : ['compositional'];
        expect(Object.keys(pair.losses.initial)).toEqual(terms);
        const total = ({ entropy = 0, compositional }: typeof pair.losses.initial) =>
          entropy + compositional!;
        expect(total(pair.losses.optimized)).toBeLessThan(total(pair.losses.initial));
        expect(new Set(pair.trimap.data).size).toBeLessThanOrEqual(3);
        expect(Object.keys(pair.gate.measures)).toContain('disagreement');
      }
      expect(new Set(pairs.map(({ models }) => models.reference))).toEqual(new Set(['one', 'two']));
      // Different latents give different portraits.
      expect(pairs[0]!.image.data).not.toEqual(pairs[1]!.image.data);
    });

    it('gives the same bytes again, in ranges, and in batches of any size', async () => {
      const generator = makeGenerator();
      const once = await generate(generator);
      expect(await generate(generator)).toEqual(once);
      const ranges = [
        ...(await generate(generator, { count: 1 })),
        ...(await generate(generator, { start: 1, count: 3, batch: 2 })),
      ];
      expect(ranges).toEqual(once);
      expect(await generate(generator, { batch: 3 })).toEqual(once);
      expect(await generate(generator, { batch: 64 })).toEqual(once);
      const other = await generate(generator, { seed: 6, count: 1 });
      expect(other[0]!.image.data).not.toEqual(once[0]!.image.data);
      generator.dispose();
    });

    it('pairs what it is asked to pair, with latents that make it', async () => {
      const generator = makeGenerator();
      const [pair] = await generate(generator, { portrait: 'enhanced', count: 1 });
      const { styles, noise } = pair!.latents;
      const made = tf.tidy(() =>
        generator
          .synthesize({
            styles: tf.tensor3d(styles.data, [1, 2, 3]),
            noise: noise.map(({ data, shape }) => tf.tensor4d(data, [1, ...shape] as never)),
          })
          .dataSync(),
      );
      expect(Array.from(pair!.image.data)).toEqual(
        Array.from(made as Float32Array, (value) => Math.min(1, Math.max(0, value))),
      );
      expect(serializeLatents(pair!.latents, 'mock')).toBeInstanceOf(Uint8Array);
      generator.dispose();
    });

    it('refines the label unless the plain one is wanted', async () => {
      const generator = makeGenerator();
      const one = { count: 1, models: models.slice(0, 1) };
      const [refined] = await generate(generator, one);
      const [plain] = await generate(generator, { ...one, label: 'plain' });
      expect([refined!.label, plain!.label]).toEqual(['refined', 'plain']);
      expect(refined!.image).toEqual(plain!.image);
      // The gate judges what the networks say, whatever is made of it.
      expect(refined!.gate).toEqual(plain!.gate);
      expect(refined!.alpha.data).not.toEqual(plain!.alpha.data);
      const { alpha, trimap } = refined!;
      const certain = [...trimap.data.keys()].filter((p) => trimap.data[p] !== 0.5);
      expect(certain.length).toBeGreaterThan(100);
      expect(certain.every((p) => alpha.data[p] === trimap.data[p])).toBe(true);
      generator.dispose();
    });

    it('yields rejected pairs with their reasons', async () => {
      const generator = makeGenerator();
      const progress: GenerationProgress[] = [];
      const pairs = await generate(generator, {
        gate: { maxEntropy: 0 },
        count: 2,
        onProgress: (event) => progress.push(event),
      });
      for (const { gate, image } of pairs) {
        expect(gate.accepted).toBe(false);
        expect(gate.reasons[0]).toMatchObject({ measure: 'entropy', limit: 0 });
        expect(image.data).toHaveLength(SIDE * SIDE * 3);
      }
      expect(progress.at(-1)).toMatchObject({ done: 2, count: 2, accepted: 0, rejected: 2 });
      // Every step of every pair, and every pair.
      expect(progress).toHaveLength(2 * (4 + 1));
      generator.dispose();
    });

    it('moves styles or noise alone, and looks at unknown pixels and mirror images', async () => {
      const generator = makeGenerator();
      const still = await generate(generator, { count: 1, steps: 0 });
      const moved = await generate(generator, {
        count: 1,
        optimize: 'styles',
        entropyRegion: 'unknown',
        mirror: true,
        lossSize: 32,
      });
      expect(moved[0]!.latents.noise).toEqual(still[0]!.latents.noise);
      expect(moved[0]!.latents.styles).not.toEqual(still[0]!.latents.styles);
      expect(still[0]!.losses.initial).toEqual(still[0]!.losses.optimized);
      generator.dispose();
    });

    it('leaves L_ca out for a black box', async () => {
      const generator = makeGenerator();
      const [pair] = await generate(generator, {
        count: 1,
        models: [mockMattingModel({ differentiable: 'none' })],
      });
      expect(Object.keys(pair!.losses.optimized)).toEqual(['entropy']);
      expect(pair!.models.discriminator).toBeNull();
      generator.dispose();
    });

    it('stops within a step, or when nobody wants more, and frees everything', async () => {
      const generator = makeGenerator();
      const controller = new AbortController();
      const { leaked, error } = await checkLeaks(() =>
        generate(generator, {
          batch: 2,
          signal: controller.signal,
          onProgress: ({ step }) => step === 1 && controller.abort(),
        }),
      );
      expect(error).toBeInstanceOf(AbortedError);
      expect(leaked).toBe(0);
      const early = await checkLeaks(async () => {
        for await (const _ of generatePortraits({ ...quick, generator, count: 4 })) break;
      });
      expect(early).toEqual({ leaked: 0 });
      generator.dispose();
    });

    it('frees everything when a model fails, and names it', async () => {
      const generator = makeGenerator();
      const failing = {
        ...mockMattingModel({ name: 'failing' }),
        alpha: ({ image }: { image: tf.Tensor4D }) =>
          tf.tidy(() => tf.div(tf.sum(image, 3, true), 0)) as tf.Tensor4D,
      };
      const { leaked, error } = await checkLeaks(() =>
        generate(generator, { models: [failing], batch: 2 }),
      );
      expect(error).toMatchObject({ code: 'MODEL_OUTPUT' });
      expect(String(error)).toContain('failing');
      expect(leaked).toBe(0);
      const misshapen: Generator = {
        ...generator,
        map: () => ({ styles: tf.zeros([1, 1, 1]), noise: [] }),
      };
      const wrong = await checkLeaks(() => generate(misshapen));
      expect(wrong.error).toMatchObject({ code: 'MODEL_OUTPUT' });
      expect(String(wrong.error)).toContain('styles from map()');
      expect(wrong.leaked).toBe(0);
      generator.dispose();
    });
  });
});

describe('generatePortraits refuses', () => {
  const generator = {
    specVersion: 1,
    name: 'blind',
    resolution: [32, 32],
    latents: { styles: [0, 0], noise: [] },
    synthesize: () => undefined,
    dispose: () => undefined,
  } as unknown as Generator;
  it.each([
    [{ count: 0 }, 'count is 0'],
    [{ count: 1.5 }, 'count is 1.5'],
    [{ start: -1 }, 'start is -1'],
    [{ start: 2 ** 32 }, 'Indices go from 0'],
    [{ truncation: 0 }, 'truncation is 0'],
    [{ batch: 0 }, 'batch is 0'],
    [{ steps: -1 }, 'steps is -1'],
    [{ models: [] }, 'models names no matting model'],
    [{ models: [models[0]!, models[0]!] }, 'given twice'],
    [{ weights: { consistency: 1 } as object }, 'no loss of generation called "consistency"'],
    [{ portrait: 'both' as 'initial' }, 'portrait is "both"'],
    [{ label: 'best' as 'plain' }, 'label is "best"'],
    [{ generator: 'none-such' }, 'no generator called "none-such"'],
    [{}, 'no mapping network'],
  ] as const)('%o', async (options, message) => {
    const given = 'models' in options && options.models.length > 1;
    const base = given ? { ...generator, map: () => undefined as never } : generator;
    await expect(generate(base, options as Partial<GenerateOptions>)).rejects.toThrow(message);
  });
});

describe('pairRandom', () => {
  it('gives no two pairs of a run the same stream', () => {
    const seen = new Set<string>();
    for (let index = 0; index < 20_000; index++) {
      const random = pairRandom(1, index).fork('z');
      seen.add(`${random.uniform()} ${random.uniform()}`);
    }
    expect(seen.size).toBe(20_000);
  });
});
