import { checkLeaks } from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type {
  Discriminator,
  FloatImage,
  Generator,
  GeneratorContext,
  RasterImage,
} from '../contracts';
import { InvalidOptionError } from '../errors';
import {
  mockDiscriminator,
  mockGenerator,
  mockMattingModel,
  mockPerceptualModel,
  mockPortrait,
  mockTrimapModel,
} from '../testing';
import { enhancePortrait } from './enhance-portrait';
import type { AdvancedOptions } from './options';

const photo = mockPortrait(48, 60);
const SIDE = 64;
const plain = (red: number): RasterImage => ({
  width: SIDE,
  height: SIDE,
  channels: 3,
  data: Float32Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (i % 3 === 0 ? red : 0)),
});

/** A generator of fixed size that knows the photograph stretched over it. */
const generator = ({ image }: GeneratorContext): Generator => {
  const square = tf.image.resizeNearestNeighbor(image, [SIDE, SIDE]);
  const made = mockGenerator({ image: square });
  square.dispose();
  return made;
};

/** What the networks were shown. */
function watched() {
  const seen: Record<'trimap' | 'matting' | 'perceptual', Set<string>> = {
    trimap: new Set(),
    matting: new Set(),
    perceptual: new Set(),
  };
  /** Means of red over the corner of each scene: the background, at the start of the run and later. */
  const corners: number[] = [];
  const [trimap, model, perceptual, judge] = [
    mockTrimapModel(),
    mockMattingModel(),
    mockPerceptualModel(),
    mockDiscriminator(),
  ];
  const size = (x: tf.Tensor4D) => x.shape.slice(1, 3).join('×');
  const discriminator: Discriminator = {
    ...judge,
    score(image) {
      corners.push(
        tf.tidy(() => tf.mean(tf.slice(image, [0, 0, 0, 0], [1, 4, 4, 1])).dataSync()[0]!),
      );
      return judge.score(image);
    },
  };
  return {
    seen,
    corners,
    parts: {
      trimap: {
        ...trimap,
        logits(x: tf.Tensor4D) {
          seen.trimap.add(size(x));
          return trimap.logits(x);
        },
      },
      perceptual: {
        ...perceptual,
        features(x: tf.Tensor4D) {
          seen.perceptual.add(size(x));
          return perceptual.features(x);
        },
      },
      discriminator,
      generator,
    },
    model: {
      ...model,
      alpha(input: Parameters<typeof model.alpha>[0]) {
        seen.matting.add(size(input.image));
        return model.alpha(input);
      },
    },
  };
}

const enhance = (
  { model, parts }: Pick<ReturnType<typeof watched>, 'model' | 'parts'>,
  advanced: AdvancedOptions = {},
  steps = 2,
) =>
  enhancePortrait(photo, {
    preset: 'official',
    model,
    steps,
    workingSize: SIDE,
    advanced: {
      ...parts,
      networkSize: [80, 48],
      perceptualSize: 16,
      backgrounds: [plain(0.9), plain(0.1)],
      ...advanced,
    },
  });

eachBackend(
  (backend) => {
    describe('preset official', () => {
      it('shows every network the portrait at its own size, over one background', async () => {
        const run = watched();
        const { history, portrait, enhanced, settings, warnings } = await enhance(run);
        expect([...run.seen.trimap]).toEqual(['80×48']);
        expect([...run.seen.matting]).toEqual(['80×48']);
        expect([...run.seen.perceptual]).toEqual(['16×16']);
        expect(new Set(run.corners.map((red) => red.toFixed(2))).size).toBe(1);
        expect(run.corners).toHaveLength(3);
        expect(Object.keys(history[0]!.losses).sort()).toEqual([
          ...['compositional', 'consistency', 'entropy', 'perceptual'],
        ]);
        expect(history[2]!.total).toBeLessThan(history[0]!.total);
        expect([portrait.width, portrait.height]).toEqual([48, 60]);
        expect([enhanced.alpha.width, enhanced.alpha.height]).toEqual([48, 60]);
        expect(settings.networkSize).toEqual([80, 48]);
        expect(warnings).toEqual([]);
      });

      it('takes F of the photograph once, or the one that is given', async () => {
        const colors = (level: number): FloatImage => ({
          ...photo,
          data: photo.data.map(() => level),
        });
        const at = async (advanced: AdvancedOptions) =>
          (await enhance(watched(), advanced, 0)).history[0]!.losses.compositional!;
        const estimated = await at({});
        const [dark, light] = [
          await at({ foregroundColors: colors(0) }),
          await at({ foregroundColors: colors(1) }),
        ];
        expect(dark).not.toBeCloseTo(light, 3);
        expect(estimated).not.toBeCloseTo(dark, 5);
        // Of every step in turn it is another.
        expect(await at({ foregroundFrom: 'step' })).not.toBe(estimated);
      });

      it('gives alpha a gradient in the unknown region only', async () => {
        // A matting model that ignores its trimap: with 'overwrite' what is certain comes from the trimap all the same.
        const soft = mockMattingModel({ needsTrimap: false });
        const model = { ...watched().model, needsTrimap: true, alpha: soft.alpha };
        const at = async (known: 'model' | 'overwrite') =>
          (await enhance({ model, parts: watched().parts }, { known }, 0)).enhanced;
        const { alpha, trimap } = await at('overwrite');
        const free = await at('model');
        let [certain, moved] = [0, 0];
        for (const [i, level] of trimap.data.entries()) {
          if (level === 0.5) continue;
          if (Math.abs(alpha.data[i]! - level) < 1e-6) certain++;
          if (Math.abs(free.alpha.data[i]! - alpha.data[i]!) > 1e-6) moved++;
        }
        expect(certain).toBeGreaterThan(trimap.data.length / 4);
        expect(moved).toBeGreaterThan(trimap.data.length / 4);
      });

      it('refuses a size that a network does not accept', async () => {
        const run = watched();
        const small = { ...run.parts.trimap, input: { multipleOf: 32, min: 32, max: 64 } };
        await expect(enhance({ ...run, parts: { ...run.parts, trimap: small } })).rejects.toThrow(
          /networkSize is 80×48, which "mock-trimap" does not accept.*multiples of 32/,
        );
        await expect(enhance(run, { networkSize: [0, 1] as const })).rejects.toBeInstanceOf(
          InvalidOptionError,
        );
      });

      it('works with the fixed target, the letterbox and F of each step too', async () => {
        const weights = { agreement: 1 };
        const { history } = await enhance(watched(), {
          ...{ weights, select: 'agreement', selectEvery: 1, fit: 'letterbox', known: 'model' },
          ...{ foregroundFrom: 'step', backgroundEvery: 'step', clipPortrait: true, mirror: true },
        });
        expect(history[0]!.losses.agreement).toBeGreaterThan(0);
        expect(history[0]!.criterion).toBeGreaterThan(0);
      });

      if (backend === 'cpu') {
        it('leaves no tensors behind', async () => {
          const run = watched();
          expect(await checkLeaks(async () => void (await enhance(run)))).toEqual({ leaked: 0 });
        });
      }
    });
  },
  ['cpu'],
);
