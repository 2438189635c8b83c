import { eachBackend } from '@latent-matte/test-kit/each-backend';
import {
  failure,
  guarded,
  mocks,
  oneBackground,
  portrait,
} from '@latent-matte/test-kit/mock-enhancement';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Generator, GeneratorContext } from '../contracts';
import { AbortedError, UnknownModelError } from '../errors';
import { MultiLevelEstimator } from '../foreground/multi-level-estimator';
import { isOfRows, readRows } from '../imaging/picture-rows';
import {
  registerDiscriminator,
  registerGenerator,
  registerMattingModel,
  registerPerceptualModel,
  registerTrimapModel,
} from '../registry';
import {
  checkLeaks,
  mockDiscriminator,
  mockGenerator,
  mockMattingModel,
  mockPerceptualModel,
  mockTrimapModel,
} from '../testing';
import { enhancePortrait } from './enhance-portrait';
import { enhancePortraitSteps } from './enhance-portrait-steps';
import type { EnhanceRequest } from './options';

eachBackend(() => {
  describe('cancelling', () => {
    it('stops within one step of a signal and hands over the best result', async () => {
      const controller = new AbortController();
      const seen: number[] = [];
      const { error, leaked } = await failure(
        mocks({
          steps: 50,
          select: 'last',
          signal: controller.signal,
          onProgress: ({ step }) => {
            seen.push(step);
            if (step === 2) controller.abort();
          },
        }),
      );
      expect(seen).toEqual([0, 1, 2]);
      expect(leaked).toBe(0);
      expect(error).toBeInstanceOf(AbortedError);
      expect(error).toMatchObject({
        code: 'ABORTED',
        best: { bestStep: 2, portrait: { width: 64, height: 64 }, history: { length: 3 } },
      });
    });

    it('stops before anything is loaded when the signal was given already', async () => {
      const phases: string[] = [];
      const { error, leaked } = await failure(
        mocks({
          signal: AbortSignal.abort(),
          onPhase: (phase) => phases.push(phase),
        }),
      );
      expect(error).toBeInstanceOf(AbortedError);
      expect(error).toMatchObject({ best: undefined });
      expect(phases).toEqual([]);
      expect(leaked).toBe(0);
    });

    it('frees everything when the consumer stops iterating', async () => {
      const seen: number[] = [];
      const leaks = await checkLeaks(async () => {
        for await (const { step } of enhancePortraitSteps(portrait, mocks())) {
          seen.push(step);
          if (step === 1) break;
        }
      });
      expect(leaks).toEqual({ leaked: 0 });
      expect(seen).toEqual([0, 1]);
    });

    it('frees everything when a listener throws', async () => {
      const thrown = new Error('from the listener');
      const { error, leaked } = await failure(
        mocks({
          onProgress: () => {
            throw thrown;
          },
        }),
      );
      expect(error).toBe(thrown);
      expect(leaked).toBe(0);
    });
  });

  describe('memory and ownership', () => {
    it('leaves no tensors behind', async () => {
      for (const options of [
        mocks(),
        mocks({ backgrounds: oneBackground, previewEvery: 1 }),
        mocks({ preset: 'paper' as const, steps: 2 }),
      ]) {
        expect(await checkLeaks(() => enhancePortrait(portrait, options))).toEqual({ leaked: 0 });
      }
    });

    it('makes the pixels of a changed portrait when they are read: rows and data are the same', async () => {
      const { portrait: changed } = await enhancePortrait(
        portrait,
        mocks({ steps: 2, select: 'last' }),
      );
      expect(changed.data).not.toEqual(portrait.data);
      const again = await enhancePortrait(portrait, mocks({ steps: 2, select: 'last' }));
      // A photo of 48 megapixels takes 576 MB as floats.
      expect(Object.getOwnPropertyDescriptor(again.portrait, 'data')!.get).toBeDefined();
      expect(isOfRows(again.portrait)).toBe(true);
      expect(readRows(again.portrait).data).toEqual(changed.data);
    });

    it('disposes the models it made from names or functions, and no others', async () => {
      const disposed: string[] = [];
      const watch = <Model extends { dispose(): void }>(name: string, model: Model): Model => ({
        ...model,
        dispose: () => {
          disposed.push(name);
          model.dispose();
        },
      });
      registerTrimapModel('watched', () => watch('trimap', mockTrimapModel()));
      registerMattingModel('watched', () => watch('matting', mockMattingModel()));
      registerDiscriminator('watched', () => watch('discriminator', mockDiscriminator()));
      registerPerceptualModel('watched', () => watch('perceptual', mockPerceptualModel()));
      registerGenerator('watched', (context) => watch('generator', mockGenerator(context)));
      const named = {
        model: 'watched',
        trimap: 'watched',
        generator: 'watched',
        discriminator: 'watched',
        perceptual: 'watched',
      };
      const leaks = await checkLeaks(() =>
        enhancePortrait(portrait, mocks({ ...named, steps: 1 })),
      );
      expect(leaks).toEqual({ leaked: 0 });
      expect(disposed.sort()).toEqual([
        'discriminator',
        'generator',
        'matting',
        'perceptual',
        'trimap',
      ]);

      disposed.length = 0;
      const image = tf.tensor4d(portrait.data, [1, 64, 64, 3]);
      const generator = watch('generator', mockGenerator({ image }));
      const reference = watch('matting', mockMattingModel());
      await enhancePortrait(portrait, mocks({ generator, model: reference, steps: 1 }));
      expect(disposed).toEqual([]);
      generator.dispose();
      image.dispose();
    });

    it('frees the parts that were loaded when a later one is unknown', async () => {
      let alive = 0;
      registerMattingModel('counted', () => {
        alive++;
        return { ...mockMattingModel(), dispose: () => alive-- };
      });
      const { error } = await failure(mocks({ model: 'counted', trimap: 'missing' }));
      expect(error).toBeInstanceOf(UnknownModelError);
      expect(alive).toBe(0);
    });

    /** Parts that throw from step 2 on. */
    const faults: [string, (check: () => void) => EnhanceRequest][] = [
      [
        'trimap model',
        (check) => {
          const model = mockTrimapModel();
          return { trimap: { ...model, logits: guarded(check, model.logits) } };
        },
      ],
      [
        'matting model',
        (check) => {
          const model = mockMattingModel();
          return { model: { ...model, alpha: guarded(check, model.alpha) } };
        },
      ],
      [
        'discriminator',
        (check) => {
          const model = mockDiscriminator();
          return { discriminator: { ...model, score: guarded(check, model.score) } };
        },
      ],
      [
        'perceptual model',
        (check) => {
          const model = mockPerceptualModel();
          return { perceptual: { ...model, features: guarded(check, model.features) } };
        },
      ],
      [
        'foreground estimator',
        (check) => {
          const estimator = new MultiLevelEstimator();
          const estimate = guarded(check, estimator.estimate.bind(estimator));
          const { specVersion, name, license, differentiable } = estimator;
          return { foreground: { specVersion, name, license, differentiable, estimate } };
        },
      ],
      [
        'generator',
        (check) => ({
          generator: (context: GeneratorContext): Generator => {
            const generator = mockGenerator(context);
            return { ...generator, synthesize: guarded(check, generator.synthesize) };
          },
        }),
      ],
    ];

    it.each(faults)('frees everything when the %s throws in the middle', async (_, make) => {
      const thrown = new Error('out of order');
      let broken = false;
      const { error, leaked } = await failure(
        mocks({
          ...make(() => {
            if (broken) throw thrown;
          }),
          onProgress: ({ step }) => {
            broken = step >= 2;
          },
        }),
      );
      expect(error).toBe(thrown);
      expect(leaked).toBe(0);
    });
  });
});
