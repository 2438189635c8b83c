import '@latent-matte/core/gradients';
import {
  type Enhancement,
  type EnhanceOptions,
  enhancePortrait,
  InvalidImageError,
  InvalidOptionError,
  type RasterImage,
} from '@latent-matte/core';
import { latentData } from '@latent-matte/core/internal';
import {
  checkLeaks,
  mockMattingModel,
  mockPerceptualModel,
  mockPortrait,
  mockTrimapModel,
} from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStyleGAN2Discriminator, createStyleGAN2Generator } from './create';
import type { StyleGAN2Discriminator } from './discriminator';
import type { StyleGAN2Generator } from './generator';
import { randomStyleGAN2Weights } from './random-weights';

const weights = randomStyleGAN2Weights({
  resolution: 32,
  channels: [6, 6, 4, 4],
  styleSize: 8,
  mappingLayers: 2,
});
const portrait = mockPortrait(48, 40);

/** The alpha of a disc, in another size than the portrait. */
function disc(side: number): RasterImage {
  const data = Float32Array.from({ length: side * side }, (_, i) =>
    Math.hypot((i % side) - side / 2, Math.floor(i / side) - side / 2) < side / 3 ? 1 : 0,
  );
  return { width: side, height: side, channels: 1, data };
}

eachBackend(() => {
  describe('Algorithm 1 with StyleGAN2', () => {
    let generator: StyleGAN2Generator;
    let discriminator: StyleGAN2Discriminator;
    beforeAll(() => {
      generator = createStyleGAN2Generator(weights);
      discriminator = createStyleGAN2Discriminator(weights);
    });
    afterAll(() => {
      generator.dispose();
      discriminator.dispose();
    });

    const run = async ({ advanced, ...options }: EnhanceOptions = {}): Promise<Enhancement> => {
      const latents = generator.meanLatent();
      try {
        return await enhancePortrait(portrait, {
          preset: 'paper',
          steps: 2,
          model: mockMattingModel(),
          ...options,
          advanced: {
            trimap: mockTrimapModel(),
            perceptual: mockPerceptualModel(),
            generator,
            discriminator,
            latents,
            ...advanced,
          },
        });
      } finally {
        tf.dispose([latents.styles, ...latents.noise]);
      }
    };

    it('moves w and n together with all four losses, and leaks nothing', async () => {
      let result: Enhancement | undefined;
      const leaks = await checkLeaks(async () => {
        result = await run();
      });
      expect(leaks).toEqual({ leaked: 0 });
      const { history, settings } = result!;
      expect(Object.keys(history[0].losses).sort()).toEqual([
        'compositional',
        'consistency',
        'entropy',
        'perceptual',
      ]);
      const [first, , last] = history;
      const { entropy, compositional, consistency, perceptual } = first.losses;
      expect(first.total).toBeCloseTo(
        entropy! + compositional! + 10 * consistency! + 10 * perceptual!,
        2,
      );
      expect(last.losses.consistency).toBeLessThan(consistency!);
      expect(settings).toMatchObject({
        generator: 'stylegan2-32',
        discriminator: 'stylegan2-discriminator-32',
        workingSize: [32, 32],
        lossSize: [32, 32],
        optimize: 'both',
        output: 'generated',
      });
    });

    it("steps as the paper's Adam does, on the part that is asked for", async () => {
      const codes: { styles: Float32Array; noise: Float32Array }[] = [];
      const synthesize = generator.synthesize.bind(generator);
      const watched = Object.assign(Object.create(generator), {
        synthesize: (code: Parameters<typeof synthesize>[0]) => {
          if (tf.engine().state.gradientDepth > 0) {
            codes.push({
              styles: code.styles.dataSync() as Float32Array,
              noise: code.noise[3].dataSync() as Float32Array,
            });
          }
          return synthesize(code);
        },
      }) as StyleGAN2Generator;
      const change = (a: Float32Array, b: Float32Array) =>
        a.reduce((max, value, i) => Math.max(max, Math.abs(value - b[i])), 0);
      for (const optimize of ['both', 'styles', 'noise'] as const) {
        codes.length = 0;
        await run({ advanced: { generator: watched, optimize } });
        const [before, after] = codes;
        // Adam's first step is the learning rate, whatever the gradient.
        const [ofStyles, ofNoise] = [
          change(before.styles, after.styles),
          change(before.noise, after.noise),
        ];
        expect(ofStyles).toBeCloseTo(optimize === 'noise' ? 0 : 1e-4, 5);
        expect(ofNoise).toBeCloseTo(optimize === 'styles' ? 0 : 1e-4, 5);
      }
    });

    it('leaves single losses out, as in Table III', async () => {
      for (const off of ['entropy', 'compositional', 'consistency', 'perceptual'] as const) {
        const { history } = await run({ steps: 1, advanced: { weights: { [off]: 0 } } });
        expect(Object.keys(history[0].losses)).toHaveLength(3);
        expect(history[0].losses).not.toHaveProperty(off);
      }
    });

    it('takes three foreground methods and the true alpha, as in Table IV', async () => {
      const losses = new Map<string, number>();
      for (const foreground of ['closed-form', 'multi-level', 'blur-fusion']) {
        for (const alphaForForeground of [undefined, disc(24)]) {
          const advanced = { foreground, alphaForForeground, backgrounds: [portrait] };
          const { history, settings } = await run({ steps: 0, advanced });
          expect(settings.foreground).toBe(foreground);
          losses.set(
            `${foreground} ${alphaForForeground !== undefined}`,
            history[0].losses.compositional!,
          );
        }
      }
      expect(new Set(losses.values()).size).toBe(6);
      await expect(run({ advanced: { alphaForForeground: portrait } })).rejects.toThrow(
        InvalidImageError,
      );
    });

    it('lets the losses look at a smaller portrait', async () => {
      const {
        settings,
        portrait: enhanced,
        history,
      } = await run({ steps: 1, advanced: { lossSize: 32 } });
      expect(settings.lossSize).toEqual([32, 32]);
      const small = await run({
        steps: 1,
        advanced: {
          lossSize: 32,
          trimap: mockTrimapModel({ input: { multipleOf: 8, min: 8, max: 16 } }),
        },
      });
      expect(small.settings.lossSize).toEqual([16, 16]);
      expect(small.portrait).toMatchObject({ width: enhanced.width, height: enhanced.height });
      expect(small.history[0].losses.consistency).not.toBeCloseTo(
        history[0].losses.consistency!,
        1,
      );
    });

    it('returns its picture, or the change on the photo', async () => {
      const [generated, residual] = [await run(), await run({ advanced: { output: 'residual' } })];
      expect(generated.portrait).toMatchObject({ width: 48, height: 40 });
      // Random weights show nobody; the change of two steps is small.
      expect(generated.psnr).toBeLessThan(20);
      expect(residual.psnr).toBeGreaterThan(40);
    });

    it('begins with latents as data, and inverts when there are none', async () => {
      const mean = generator.meanLatent();
      const data = await latentData(mean);
      tf.dispose([mean.styles, ...mean.noise]);
      const [given, tensors] = [
        await run({ steps: 0, advanced: { latents: data } }),
        await run({ steps: 0 }),
      ];
      expect(given.portrait.data).toEqual(tensors.portrait.data);
      const other = { ...data, noise: data.noise.slice(1) };
      await expect(run({ advanced: { latents: other } })).rejects.toThrow(InvalidOptionError);
      const phases: string[] = [];
      const inverted = await run({
        steps: 0,
        advanced: {
          latents: undefined,
          inversion: { steps: { styles: 2, noise: 1 } },
          onPhase: (phase) => phases.push(phase),
        },
      });
      expect(phases).toEqual(['load', 'invert', 'optimize', 'finish']);
      expect(inverted.history[0].losses.consistency).toBeLessThan(
        tensors.history[0].losses.consistency!,
      );
      expect(inverted.warnings.join()).toContain('reproduces the portrait only to');
    });
  });
}, ['wasm']);
