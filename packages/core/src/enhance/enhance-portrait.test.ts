import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { mocks, oneBackground, portrait } from '@latent-matte/test-kit/mock-enhancement';
import { knowsOnlyUpright, turnedClockwise } from '@latent-matte/test-kit/turned-photos';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it, vi } from 'vitest';
import type {
  FloatImage,
  GeneratorContext,
  InputSizeRule,
  MattingModel,
  TrimapModel,
} from '../contracts';
import { cutOut } from '../cutout';
import { mockGenerator, mockMattingModel, mockPortrait, mockTrimapModel } from '../testing';
import { enhancePortrait } from './enhance-portrait';
import type { EnhancementStep } from './types';

const largestChange = (a: FloatImage, b: FloatImage): number =>
  a.data.reduce((max, value, i) => Math.max(max, Math.abs(value - b.data[i])), 0);

/** As sure of its matte as a trained network is. */
function decided(mock = mockMattingModel()): MattingModel {
  return {
    ...mock,
    alpha: (input) =>
      tf.tidy(() => tf.sigmoid(tf.mul<tf.Tensor4D>(tf.sub(mock.alpha(input), 0.5), 40))),
  };
}

eachBackend(() => {
  describe('optimisation', () => {
    it('lowers the objective', async () => {
      const { history } = await enhancePortrait(
        portrait,
        mocks({
          backgrounds: oneBackground,
          steps: 8,
          minPsnr: 0,
          // Every other step looks at another picture, whose objective is another.
          mirror: false,
        }),
      );
      expect(history.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
      expect(history[8].total).toBeLessThan(history[0].total);
      for (const { losses, total, steps } of history) {
        const { entropy, compositional, consistency, perceptual, agreement } = losses;
        const parts = [entropy!, compositional!, consistency!, perceptual!, agreement!];
        const weights = [0.1, 0.05, 1, 0.1, 1];
        const sum = parts.reduce((s, value, i) => s + value * weights[i], 0);
        expect(total).toBeCloseTo(sum, 4);
        expect(steps).toBe(8);
      }
    });

    it('lowers the entropy when only the entropy counts', async () => {
      const { history } = await enhancePortrait(
        portrait,
        mocks({
          weights: { entropy: 1, compositional: 0, consistency: 0, perceptual: 0, agreement: 0 },
        }),
      );
      expect(Object.keys(history[4].losses)).toEqual(['entropy']);
      expect(history[4].losses.entropy).toBeLessThan(history[0].losses.entropy!);
    });

    it('lowers the entropy of a matte without trimap, and leaves that of the trimap out', async () => {
      const { history, warnings } = await enhancePortrait(
        portrait,
        mocks({
          model: mockMattingModel({ needsTrimap: false }),
          weights: {
            entropy: 1,
            compositional: 0,
            consistency: 0,
            perceptual: 0,
            agreement: 0,
            alphaEntropy: 1,
          },
        }),
      );
      expect(Object.keys(history[4].losses)).toEqual(['alphaEntropy']);
      expect(history[4].losses.alphaEntropy).toBeLessThan(history[0].losses.alphaEntropy!);
      expect(warnings.join()).toMatch(/sees no trimap, so the entropy loss was left out/);
    });

    it('returns the photograph where the lowest criterion is hardly lower', async () => {
      const { history, bestStep } = await enhancePortrait(
        portrait,
        mocks({ steps: 6, learningRate: 1e-5 }),
      );
      const criteria = history.map(({ criterion }) => criterion!);
      expect(Math.min(...criteria)).toBeLessThan(criteria[0]);
      expect(Math.min(...criteria)).toBeGreaterThan(0.98 * criteria[0]);
      expect(bestStep).toBe(0);
      expect(history.at(-1)!.best).toBe(0);
    });

    it('measures the criterion at the first, the last and every n-th step', async () => {
      const options = mocks({ steps: 5, selectEvery: 3 });
      const { history } = await enhancePortrait(portrait, options);
      const measured = history.filter(({ criterion }) => criterion !== undefined);
      expect(measured.map(({ step }) => step)).toEqual([0, 3, 5]);
    });

    it('returns the last step when asked to', async () => {
      const { bestStep, history } = await enhancePortrait(portrait, mocks({ select: 'last' }));
      expect(bestStep).toBe(4);
      expect(history.every(({ criterion }) => criterion === undefined)).toBe(true);
    });

    it('stays in the trust region at every step', async () => {
      const steps: EnhancementStep[] = [];
      await enhancePortrait(
        portrait,
        mocks({
          learningRate: 0.05,
          // Every value moves by the learning rate, always for the same view: as far outside as it gets.
          mirror: false,
          adaptivity: 'element',
          minPsnr: 35,
          // Not less than asked for by a target that is unsure.
          select: 'last',
          maxBlockShift: 0,
          maxColorDifference: 0,
          onProgress: (step) => steps.push(step),
        }),
      );
      expect(steps[0].psnr).toBe(Number.POSITIVE_INFINITY);
      for (const { psnr } of steps) expect(psnr).toBeGreaterThanOrEqual(35 - 0.01);
      // It was needed: the steps lie at its boundary.
      expect(steps[4].psnr).toBeLessThan(35.5);
    });

    it('moves from latents that lie far from the photograph: the region is measured from the start', async () => {
      // The picture of the generator is dark grey everywhere: no step of any search comes near the photo.
      const code = {
        styles: { shape: [2, 3], data: new Float32Array(6) },
        noise: [{ shape: [16, 16, 3], data: new Float32Array(16 * 16 * 3) }],
      };
      const far = mocks({
        output: 'generated',
        latents: code,
        minPsnr: 45,
        select: 'last',
        steps: 3,
        mirror: false,
      });
      const { history, portrait: made } = await enhancePortrait(portrait, far);
      expect(history[0].psnr).toBe(Number.POSITIVE_INFINITY);
      expect(history[3].psnr).toBeLessThan(Number.POSITIVE_INFINITY);
      expect(history[3].psnr).toBeGreaterThan(44.9);
      expect(history[3].total).toBeLessThan(history[0].total);
      expect(made).toMatchObject({ width: 64, height: 64 });
    });

    it('with 0 steps leaves the portrait as it is', async () => {
      const result = await enhancePortrait(portrait, mocks({ steps: 0 }));
      expect(result.bestStep).toBe(0);
      expect(result.psnr).toBe(Number.POSITIVE_INFINITY);
      expect(result.portrait.data).toEqual(portrait.data);
      expect(result.enhanced.alpha.data).toEqual(result.original.alpha.data);
      expect(result.history).toHaveLength(1);
    });

    it('with 0 steps asks the model for what the result shows, not for a target over views', async () => {
      const mock = decided();
      const alpha = vi.fn(mock.alpha);
      const passes = async (steps: number) => {
        alpha.mockClear();
        // As generators do that are made of the layers of the photo.
        const generator = async (context: GeneratorContext) => {
          expect((await context.matte!()).shape).toEqual([1, 64, 64, 1]);
          return mockGenerator(context);
        };
        const options = mocks({ model: { ...mock, alpha }, generator, target: 'views', steps });
        const { confidence } = await enhancePortrait(portrait, options);
        return [alpha.mock.calls.length, confidence] as const;
      };
      const [none, confidence] = await passes(0);
      expect(confidence).toBeUndefined();
      // Of the photo, of the step that is recorded and its scene. The cut-out begins with the first.
      expect(none).toBeLessThanOrEqual(3);
      expect((await passes(1))[0]).toBeGreaterThan(2 * none);
    });

    it('with 0 steps asks each network once, and cuts out as cutOut does', async () => {
      const model = decided();
      const trimap = mockTrimapModel();
      const alpha = vi.fn(model.alpha);
      const logits = vi.fn(trimap.logits);
      const parts = { model: { ...model, alpha }, trimap: { ...trimap, logits } };
      const photo = mockPortrait(70, 90);
      // As the weights of the default preset: no loss looks through a network where there is no target.
      const weights = { entropy: 0, compositional: 0, perceptual: 0, border: 0, alphaEntropy: 0 };
      const { after } = await enhancePortrait(photo, mocks({ ...parts, weights, steps: 0 }));
      expect([alpha.mock.calls.length, logits.mock.calls.length]).toEqual([1, 1]);
      const plain = await cutOut(photo, { model, advanced: { trimap } });
      expect(after.alpha.data).toEqual(plain.alpha.data);
      expect(after.foreground.data).toEqual(plain.foreground.data);
    });

    it('cuts out a photo that it leaves as it is as cutOut does: on its side, too', async () => {
      const model = knowsOnlyUpright(decided(mockMattingModel({ needsTrimap: false, tilt: 0 })));
      const lying = turnedClockwise(mockPortrait(70, 90), 1);
      const { before, after } = await enhancePortrait(lying, mocks({ model, steps: 0 }));
      expect(after).toBe(before);
      const plain = await cutOut(lying, { model });
      expect(plain.turned).toBe(270);
      expect(after).toMatchObject({ turned: 270, warnings: plain.warnings });
      expect(after.alpha.data).toEqual(plain.alpha.data);
    });

    it('gives the same bytes for the same seed, others for another', async () => {
      const run = async (seed: number) => {
        const options = mocks({ select: 'last' as const, seed });
        const result = await enhancePortrait(portrait, options);
        return [result.portrait, result.enhanced.alpha, result.foreground].map(({ data }) => data);
      };
      const first = await run(1);
      expect(await run(1)).toEqual(first);
      expect((await run(2))[0]).not.toEqual(first[0]);
    });
  });

  describe('result', () => {
    it.each([
      [61, 75],
      [90, 40],
      [33, 200],
    ])('has the size of the source: %d × %d', async (width, height) => {
      const source = mockPortrait(width, height);
      const result = await enhancePortrait(source, mocks({ steps: 2, select: 'last' }));
      const { portrait: enhanced, foreground, original } = result;
      expect(enhanced).toMatchObject({ width, height, channels: 3 });
      expect(foreground).toMatchObject({ width, height, channels: 3 });
      for (const matte of [original, result.enhanced]) {
        expect(matte.alpha).toMatchObject({ width, height, channels: 1 });
        expect(matte.trimap).toMatchObject({ width, height, channels: 1 });
        expect(matte.alpha.data.every((value) => value >= 0 && value <= 1)).toBe(true);
        expect(matte.trimap.data.every((value) => [0, 0.5, 1].includes(value))).toBe(true);
      }
      expect(enhanced.data).toHaveLength(width * height * 3);
      expect(largestChange(enhanced, source)).toBeGreaterThan(0);
      expect(result.settings.workingSize.every((side) => side % 32 === 0)).toBe(true);
    });

    it('adds the change to the source, or is the picture of the generator', async () => {
      // A generator that cannot show fine detail: at half the size, from an object of fixed size.
      const small = tf.tidy(() =>
        tf.image.resizeBilinear(tf.tensor4d(mockPortrait(64, 64).data, [1, 64, 64, 3]), [32, 32]),
      );
      const generator = mockGenerator({ image: small });
      small.dispose();
      const run = (output: 'residual' | 'generated') =>
        enhancePortrait(portrait, mocks({ generator, output, select: 'last' }));
      const [residual, generated] = [await run('residual'), await run('generated')];
      generator.dispose();
      expect(residual.settings.workingSize).toEqual([32, 32]);
      // The grain of the source is still there in one, gone in the other.
      expect(residual.psnr).toBeGreaterThan(37);
      expect(generated.psnr).toBeLessThan(36);
      expect(residual.settings.output).toBe('residual');
      expect(generated.settings.output).toBe('generated');
    });

    it('cuts the person out before and after, each as cutOut does', async () => {
      const request = mocks({ steps: 4, select: 'last' });
      const { before, after, alpha, foreground, original } = await enhancePortrait(
        portrait,
        request,
      );
      const { model, advanced } = request;
      const options = { model: model as MattingModel, advanced: { trimap: advanced!.trimap! } };
      const plain = await cutOut(portrait, options);
      expect(before.alpha.data).toEqual(plain.alpha.data);
      expect(before.foreground.data).toEqual(plain.foreground.data);
      expect(before.confidence).toBe(plain.confidence);
      expect(before.warnings).toEqual(plain.warnings);
      expect([after.alpha, after.foreground]).toEqual([alpha, foreground]);
      expect(largestChange(after.alpha, before.alpha)).toBeGreaterThan(0);
      expect(original.alpha).toMatchObject({ width: 64, height: 64 });
    });

    it('is one cut-out where the photo was left as it was, the model’s matte of a generated picture', async () => {
      const kept = await enhancePortrait(portrait, mocks({ steps: 0 }));
      expect(kept.before).toBe(kept.after);
      const made = await enhancePortrait(
        portrait,
        mocks({ steps: 2, select: 'last', output: 'generated' }),
      );
      expect(made.after.alpha.data).toEqual(made.enhanced.alpha.data);
      expect(made.before.alpha.data).toEqual(made.original.alpha.data);
      made.after.alpha.data.fill(0.5);
      expect(made.enhanced.alpha.data).not.toEqual(made.after.alpha.data);
    });

    it('owns its foreground, which is made when it is read, whatever became of the photo', async () => {
      const of = async (spoil: boolean) => {
        const photo = mockPortrait(70, 60);
        const bytes = { ...photo, data: Uint8Array.from(photo.data, (value) => 255 * value) };
        const { foreground } = await enhancePortrait(bytes, mocks({ steps: 1 }));
        if (spoil) bytes.data.fill(0);
        return foreground.data;
      };
      expect(await of(true)).toEqual(await of(false));
    });

    it('says what was run, as JSON', async () => {
      const { settings, warnings } = await enhancePortrait(portrait, mocks({ seed: 5 }));
      expect(JSON.parse(JSON.stringify(settings))).toEqual(settings);
      expect(settings).toMatchObject({
        preset: 'fast',
        model: 'mock-matting',
        trimap: 'mock-trimap',
        generator: 'mock-generator',
        discriminator: 'mock-discriminator',
        perceptual: 'mock-perceptual',
        foreground: 'multi-level',
        backend: tf.getBackend(),
        steps: 4,
        seed: 5,
        workingSize: [64, 64],
      });
      expect(warnings.filter((text) => !text.startsWith('No step'))).toEqual([]);
    });

    it('attaches previews when asked to, and keeps them out of the history', async () => {
      const steps: EnhancementStep[] = [];
      const { history } = await enhancePortrait(
        portrait,
        mocks({
          steps: 3,
          previewEvery: 2,
          onProgress: (step) => steps.push(step),
        }),
      );
      const seen = steps.filter(({ preview }) => preview !== undefined);
      expect(seen.map(({ step }) => step)).toEqual([0, 2, 3]);
      expect(seen[0].preview!.portrait).toMatchObject({ width: 64, height: 64, channels: 3 });
      expect(seen[0].preview!.alpha).toMatchObject({ width: 64, height: 64, channels: 1 });
      expect(history.some(({ preview }) => preview !== undefined)).toBe(false);
    });

    it('announces its phases in order', async () => {
      const phases: string[] = [];
      await enhancePortrait(portrait, mocks({ onPhase: (phase) => phases.push(phase) }));
      expect(phases).toEqual(['load', 'invert', 'optimize', 'finish']);
    });

    it('takes integer and RGBA pictures', async () => {
      const data = Uint8ClampedArray.from({ length: 64 * 64 * 4 }, (_, i) =>
        i % 4 === 3 ? 255 : 255 * portrait.data[Math.floor(i / 4) * 3 + (i % 4)],
      );
      const image = { width: 64, height: 64, channels: 4 as const, data };
      const result = await enhancePortrait(image, mocks({ steps: 1 }));
      expect(result.portrait.channels).toBe(3);
      expect(largestChange(result.portrait, portrait)).toBeLessThan(0.05);
    });
  });

  describe('sizes', () => {
    it.each<[InputSizeRule, InputSizeRule]>([
      [
        { multipleOf: 24, min: 96, max: 192 },
        { multipleOf: 16, min: 64, max: 1024 },
      ],
      [
        { multipleOf: 1, min: 32, max: 2048 },
        { multipleOf: 64, min: 128, max: 128 },
      ],
    ])('gives networks only pictures that they accept: %o and %o', async (small, large) => {
      const wrong: string[] = [];
      const inspect = (rule: InputSizeRule, { shape }: tf.Tensor4D) => {
        const sides = shape.slice(1, 3);
        if (sides.some((side) => side % rule.multipleOf !== 0 || side < rule.min)) {
          wrong.push(`${sides}`);
        }
      };
      const trimap = mockTrimapModel({ input: small });
      const reference = mockMattingModel({ input: large });
      const { history } = await enhancePortrait(
        mockPortrait(70, 110),
        mocks({
          steps: 1,
          trimap: {
            ...trimap,
            logits: (image) => {
              inspect(small, image);
              return trimap.logits(image);
            },
          },
          model: {
            ...reference,
            alpha: (given) => {
              inspect(large, given.image);
              return reference.alpha(given);
            },
          },
        }),
      );
      expect(wrong).toEqual([]);
      expect(history).toHaveLength(2);
    });
  });

  describe('black boxes', () => {
    it('works without a gradient of the matting model, and says so', async () => {
      const { history, settings, warnings } = await enhancePortrait(
        portrait,
        mocks({
          model: mockMattingModel({ name: 'remote', differentiable: 'none' }),
          backgrounds: oneBackground,
          mirror: false,
        }),
      );
      expect(settings.discriminator).toBeNull();
      expect(history[0].losses).not.toHaveProperty('compositional');
      expect(history[4].total).toBeLessThan(history[0].total);
      expect(warnings).toContain(
        '"remote" gives no gradient, so the compositional loss and the matte in the agreement loss were left out.',
      );
    });

    it('works without a gradient of the trimap model, and says so', async () => {
      const { history, warnings } = await enhancePortrait(
        portrait,
        mocks({
          trimap: mockTrimapModel({ name: 'remote', differentiable: 'none' }),
        }),
      );
      expect(Object.keys(history[0].losses).sort()).toEqual([
        'compositional',
        'consistency',
        'perceptual',
      ]);
      expect(warnings).toContain(
        '"remote" gives no gradient, so the entropy loss and the agreement loss were left out.',
      );
    });

    it('works with a matting model that needs no trimap, whose losses no trimap changes', async () => {
      const reference = mockMattingModel({ needsTrimap: false });
      const losses = async (trimap: TrimapModel) => {
        const options = mocks({ trimap, model: reference, target: 'refined' as const });
        const { history } = await enhancePortrait(portrait, options);
        return history.map(({ losses }) => losses);
      };
      const trimap = mockTrimapModel();
      const logits = (x: tf.Tensor4D) => tf.tidy(() => tf.mul<tf.Tensor4D>(trimap.logits(x), 0.9));
      const seen = await losses(trimap);
      expect(seen).toHaveLength(5);
      expect(seen[4].agreement).toBeLessThan(seen[0].agreement!);
      expect(await losses({ ...trimap, logits })).toEqual(seen);
    });

    it('says that a black box that needs no trimap leaves nothing to agree', async () => {
      const reference = mockMattingModel({
        name: 'remote',
        needsTrimap: false,
        differentiable: 'none',
      });
      const { history, warnings } = await enhancePortrait(portrait, mocks({ model: reference }));
      expect(history[0].losses).not.toHaveProperty('agreement');
      expect(warnings).toContain(
        '"remote" gives no gradient, so the compositional loss and the agreement loss were left out.',
      );
    });
  });
});
