import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { FloatImage, Generator, LatentCode, LatentEncoder } from '../contracts';
import { SPEC_VERSION } from '../contracts';
import { AbortedError, InvalidOptionError, ModelOutputError, UnknownModelError } from '../errors';
import { latentCode } from '../latents/latent-data';
import { checkLeaks, mockGenerator, mockPerceptualModel, mockPortraits } from '../testing';
import { invertPortrait } from './invert-portrait';
import { invertPortraitSteps } from './invert-portrait-steps';
import type { InvertOptions } from './options';
import { explorationNoise, learningRateRamp } from './schedules';

const SIZE = 16;

/** A generator without an exact inverse that knows a portrait, and a picture it can make. */
function withTarget<T>(
  body: (generator: Generator, target: FloatImage) => Promise<T>,
  changes: Partial<Generator> = {},
): Promise<T> {
  const image = mockPortraits(SIZE, SIZE, [1]);
  const { encode: _, ...generator } = mockGenerator({ image }, { range: 0.5 });
  image.dispose();
  const code: LatentCode = {
    styles: tf.tensor3d([0.1, -0.05, 0.02, 0.05, 0.05, -0.1], [1, 2, 3]),
    noise: [
      tf.tensor4d(
        Float32Array.from({ length: 48 }, (_, i) => 0.2 * Math.sin(i)),
        [1, 4, 4, 3],
      ),
    ],
  };
  const portrait = tf.tidy(() => tf.clipByValue(generator.synthesize(code), 0, 1)) as tf.Tensor4D;
  const data = portrait.dataSync() as Float32Array;
  tf.dispose([code.styles, ...code.noise, portrait]);
  const target: FloatImage = { width: SIZE, height: SIZE, channels: 3, data: data.slice() };
  return body({ ...generator, ...changes }, target).finally(() => generator.dispose());
}

const perceptual = mockPerceptualModel();
const quick = { perceptual, steps: 12 } as const;

eachBackend((backend) => {
  describe('invertPortrait', () => {
    it('finds a picture the generator made: styles first, then noise', () =>
      withTarget(async (generator, target) => {
        const found = await invertPortrait(target, {
          generator,
          perceptual,
          steps: { styles: 30, noise: 40 },
          learningRate: 0.05,
          noiseLearningRate: 0.05,
        });
        const at = (step: number) => found.history[step]!.psnr;
        expect(found.steps).toBe(70);
        expect(found.history.map(({ stage }) => stage)).toEqual([
          ...Array.from({ length: 30 }, () => 'styles'),
          ...Array.from({ length: 40 }, () => 'noise'),
          'done',
        ]);
        expect(at(30)).toBeGreaterThan(at(0) + 1);
        expect(at(70)).toBeGreaterThan(at(30) + 8);
        expect(found.psnr).toBe(at(70));
        expect(found.psnr).toBeGreaterThan(35);
        expect(found.portrait).toMatchObject({ width: SIZE, height: SIZE, channels: 3 });
        // The code makes the portrait that is reported.
        const code = latentCode(found.code);
        const again = generator.synthesize(code);
        const difference = tf.tidy(() =>
          tf.max(
            tf.abs(
              tf.sub(
                tf.clipByValue(again, 0, 1),
                tf.tensor4d(found.portrait.data, [1, SIZE, SIZE, 3]),
              ),
            ),
          ),
        );
        expect(difference.dataSync()[0]).toBeLessThan(1e-5);
        tf.dispose([code.styles, ...code.noise, again, difference]);
      }));

    it.each(['wplus-then-noise', 'projector'] as const)(
      'goes on from a checkpoint to the bytes of a run that was not interrupted: %s',
      (method) =>
        withTarget(async (generator, target) => {
          const options = { generator, perceptual, method, steps: 9, seed: 4 } as const;
          const whole = await invertPortrait(target, options);
          const checkpoints = new Map<number, Uint8Array>();
          const stop = new AbortController();
          const cut = invertPortrait(target, {
            ...options,
            signal: stop.signal,
            checkpointEvery: 2,
            onCheckpoint(bytes, step) {
              checkpoints.set(step, bytes);
              if (step === 8) stop.abort();
            },
          });
          await expect(cut).rejects.toBeInstanceOf(AbortedError);
          expect([...checkpoints.keys()]).toEqual([2, 4, 6, 8]);
          // Within the first stage, at its end or in the second, and before the last step.
          for (const [step, resume] of checkpoints) {
            const told: number[] = [];
            const leaks = await checkLeaks(async () => {
              const found = await invertPortrait(target, {
                ...options,
                resume,
                onProgress: (event) => void told.push(event.step),
              });
              expect(found.code).toEqual(whole.code);
              expect(found.psnr).toBe(whole.psnr);
              expect(found.history.map(({ total }) => total)).toEqual(
                whole.history.map(({ total }) => total),
              );
            });
            expect(leaks).toEqual({ leaked: 0 });
            expect(told[0]).toBe(step);
          }
          const resume = checkpoints.get(4)!;
          const other = invertPortrait(target, { ...options, seed: 5, resume });
          await expect(other).rejects.toThrow(/checkpoint is of another inversion/);
          const darker = { ...target, data: target.data.map((value) => 0.9 * value) };
          await expect(invertPortrait(darker, { ...options, resume })).rejects.toBeInstanceOf(
            InvalidOptionError,
          );
        }),
    );

    it('as the projector: one w, noise that stays white', () =>
      withTarget(async (generator, target) => {
        const found = await invertPortrait(target, {
          generator,
          perceptual,
          method: 'projector',
          weights: { regularization: 1 },
          steps: 25,
        });
        const { data } = found.code.styles;
        expect(data.slice(0, 3)).toEqual(data.slice(3));
        const [map] = found.code.noise;
        const mean = map!.data.reduce((sum, value) => sum + value, 0) / map!.data.length;
        const square = map!.data.reduce((sum, value) => sum + value ** 2, 0) / map!.data.length;
        expect(mean).toBeCloseTo(0, 5);
        expect(square).toBeCloseTo(1, 4);
        expect(found.history[0]).toMatchObject({ stage: 'joint', learningRate: 0 });
        expect(Object.keys(found.history[3]!.losses)).toEqual(['perceptual', 'regularization']);
        expect(found.settings).toMatchObject({ space: 'w', reduction: 'sum-square' });
      }));

    it('gives the same bytes for the same seed, others for another', () =>
      withTarget(async (generator, target) => {
        const run = async (seed: number) =>
          (await invertPortrait(target, { ...quick, generator, method: 'projector', seed })).code;
        const first = await run(5);
        expect(await run(5)).toEqual(first);
        expect(await run(6)).not.toEqual(first);
      }));

    it('goes on from latents, and from tensors without disposing them', () =>
      withTarget(async (generator, target) => {
        const options = { generator, perceptual, steps: { styles: 30, noise: 10 } };
        const first = await invertPortrait(target, options);
        const second = await invertPortrait(target, { ...options, steps: 0, start: first.code });
        expect(second.psnr).toBeCloseTo(first.psnr, 3);
        expect(second.code).toEqual(first.code);
        const code = latentCode(first.code);
        const third = await invertPortrait(target, { ...options, steps: 0, start: code });
        expect(third.code).toEqual(first.code);
        tf.dispose([code.styles, ...code.noise]);
      }));

    it("starts from an encoder's guess, with the generator's own noise", () =>
      withTarget(async (generator, target) => {
        const encoder: LatentEncoder = {
          specVersion: SPEC_VERSION,
          name: 'guess',
          license: 'MIT',
          encode: (image) => {
            expect(image.shape).toEqual([1, SIZE, SIZE, 3]);
            return { styles: tf.fill([1, 2, 3], 0.25) as tf.Tensor3D, noise: [] };
          },
          dispose() {},
        };
        const { code } = await invertPortrait(target, {
          generator,
          perceptual,
          start: encoder,
          steps: 0,
        });
        expect([...code.styles.data]).toEqual([0.25, 0.25, 0.25, 0.25, 0.25, 0.25]);
        expect(code.noise[0]!.shape).toEqual([4, 4, 3]);
      }));

    it('takes no steps where the inverse is exact, and reports at the size of the photo', async () => {
      const photo = mockPortraits(24, 32, [2]);
      const image: FloatImage = {
        width: 24,
        height: 32,
        channels: 3,
        data: (photo.dataSync() as Float32Array).slice(),
      };
      photo.dispose();
      const { steps, psnr, portrait } = await invertPortrait(image, {
        generator: (context) => mockGenerator(context),
        perceptual,
      });
      expect(steps).toBe(0);
      expect(psnr).toBe(Number.POSITIVE_INFINITY);
      expect(portrait).toMatchObject({ width: 24, height: 32 });
    });
  });

  describe('leaves nothing behind', () => {
    const check = (
      options: Partial<InvertOptions>,
      changes: Partial<Generator> = {},
    ): Promise<{ leaked: number; error?: unknown }> =>
      withTarget(
        (generator, target) =>
          checkLeaks(() => invertPortrait(target, { ...quick, generator, ...options })),
        changes,
      );

    it('when it succeeds', async () => {
      for (const method of ['wplus-then-noise', 'projector'] as const) {
        expect(await check({ method })).toEqual({ leaked: 0 });
      }
    });

    it('when it is cancelled: within one step, with the best so far', async () => {
      const controller = new AbortController();
      const seen: number[] = [];
      const { leaked, error } = await check({
        signal: controller.signal,
        onProgress: ({ step }) => {
          seen.push(step);
          if (step === 3) controller.abort();
        },
      });
      expect(seen).toEqual([0, 1, 2, 3]);
      expect(leaked).toBe(0);
      expect(error).toBeInstanceOf(AbortedError);
      expect(error).toMatchObject({
        message: 'Cancelled at step 3 of 12.',
        best: { steps: 3, history: { length: 4 }, code: { styles: { shape: [2, 3] } } },
      });
      const { best } = error as AbortedError<{ psnr: number; history: { psnr: number }[] }>;
      expect(best!.psnr).toBe(Math.max(...best!.history.map(({ psnr }) => psnr)));
    });

    it('when it never begins', async () => {
      const { leaked, error } = await check({ signal: AbortSignal.abort() });
      expect({ leaked, error }).toMatchObject({ leaked: 0, error: { best: undefined } });
    });

    it('when the consumer stops', () =>
      withTarget(async (generator, target) => {
        const leaks = await checkLeaks(async () => {
          for await (const { step } of invertPortraitSteps(target, { ...quick, generator })) {
            if (step === 2) break;
          }
        });
        expect(leaks).toEqual({ leaked: 0 });
      }));

    it('when a listener throws', async () => {
      const thrown = new Error('from the listener');
      const onProgress = () => {
        throw thrown;
      };
      expect(await check({ onProgress })).toEqual({ leaked: 0, error: thrown });
    });

    const shaped = (shape: [number, number, number]) => ({
      styles: { shape, data: new Float32Array(shape[0] * shape[1]) },
      noise: [],
    });
    const failures: [string, Partial<InvertOptions>, Partial<Generator>, unknown, RegExp][] = [
      [
        'a generator of NaN',
        {},
        {
          synthesize: ({ styles }) =>
            tf.mul(tf.ones([1, 16, 16, 3]), tf.mul(tf.sum(styles), Number.NaN)),
        },
        ModelOutputError,
        /NaN or infinity in its portrait/,
      ],
      [
        'a generator of another size',
        {},
        { synthesize: ({ styles }) => tf.mul(tf.ones([1, 8, 8, 3]), tf.sum(styles)) },
        ModelOutputError,
        /a portrait of shape \[1, 8, 8, 3\]/,
      ],
      [
        'a generator that throws',
        {},
        {
          synthesize: () => {
            throw new Error('no memory');
          },
        },
        Error,
        /no memory/,
      ],
      ['no mean latent', {}, { meanLatent: undefined }, InvalidOptionError, /no mean latent/],
      [
        'no mapping network',
        { method: 'projector' },
        { map: undefined },
        InvalidOptionError,
        /no mapping network, which the method 'projector' needs/,
      ],
      [
        'latents of another generator',
        { start: shaped([3, 4, 1]) },
        {},
        InvalidOptionError,
        /latents of the shapes \[3, 4, 1\]; the generator has \[2, 3\] \[4, 4, 3\]/,
      ],
      ['an unknown perceptual model', { perceptual: 'no' }, {}, UnknownModelError, /"no"/],
    ];
    it.each(failures)('with %s', async (_, options, changes, kind, message) => {
      const { leaked, error } = await check(options, changes);
      expect(error).toBeInstanceOf(kind);
      expect((error as Error).message).toMatch(message);
      expect(leaked).toBe(0);
    });
  });

  it.runIf(backend === 'cpu').each<[Partial<InvertOptions>, RegExp]>([
    [{ method: 'magic' as never }, /method is "magic"/],
    [{ preset: 'slow' as never }, /preset is "slow"/],
    [{ steps: -1 }, /steps\.styles is 0|steps\.noise is -1|steps\.styles is -/],
    [{ steps: { noise: 0.5 } }, /steps\.noise is 0\.5/],
    [{ method: 'projector', steps: { noise: 5 } }, /in one stage/],
    [{ learningRate: 0 }, /learningRate is 0/],
    [{ noiseLearningRate: Number.NaN }, /noiseLearningRate is NaN/],
    [{ seed: 0.5 }, /seed is 0\.5/],
    [{ perceptualSize: 3 }, /perceptualSize is 3/],
    [{ space: 'z' as never }, /space is "z"/],
    [{ reduction: 'max' as never }, /reduction is "max"/],
    [{ weights: { entropy: 1 } as never }, /no inversion loss called "entropy"/],
    [{ weights: { perceptual: -1 } }, /weights\.perceptual is -1/],
    [{ weights: { consistency: 0, perceptual: 0 } }, /Neither the consistency/],
  ])('refuses %o', (options, message) =>
    withTarget(async (generator, target) => {
      const run = invertPortrait(target, { generator, perceptual, ...options });
      await expect(run).rejects.toThrow(InvalidOptionError);
      await expect(invertPortrait(target, { generator, perceptual, ...options })).rejects.toThrow(
        message,
      );
    }),
  );
});

describe('schedules of the projector', () => {
  it('ramp the step size up over 5 % and down over the last quarter', () => {
    expect(learningRateRamp(0)).toBe(0);
    expect(learningRateRamp(0.025)).toBeCloseTo(0.5, 12);
    expect(learningRateRamp(0.5)).toBe(1);
    expect(learningRateRamp(0.75)).toBe(1);
    expect(learningRateRamp(0.875)).toBeCloseTo(0.5, 12);
    expect(learningRateRamp(0.999)).toBeCloseTo(0.5 - 0.5 * Math.cos(Math.PI * 0.004), 12);
  });

  it('let the exploration noise fade over the first three quarters', () => {
    expect(explorationNoise(0, 2)).toBeCloseTo(0.1, 12);
    expect(explorationNoise(0.375, 2)).toBeCloseTo(0.025, 12);
    expect(explorationNoise(0.75, 2)).toBe(0);
    expect(explorationNoise(0.9, 2)).toBe(0);
  });
});
