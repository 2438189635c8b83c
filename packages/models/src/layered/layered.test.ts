import {
  enhancePortrait,
  type FloatImage,
  type GeneratorContext,
  generators,
  InvalidImageError,
  InvalidOptionError,
} from '@latent-matte/core';
import {
  checkLeaks,
  describeGenerator,
  mockMattingModel,
  mockPortraits,
  mockTrimapModel,
} from '@latent-matte/core/testing';
import { everyBackend } from '@latent-matte/test-kit/every-backend';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import '../index';
import { createLayeredGenerator } from './create-layered-generator';
import { LayeredGenerator, type LayeredOptions, type LayeredPortrait } from './layered-generator';

/** A disc of one colour on another, with a soft edge. */
function discPortrait(size: number, foreground: number[], background: number[]): LayeredPortrait {
  const matte = Float32Array.from({ length: size * size }, (_, i) => {
    const [y, x] = [Math.floor(i / size) - size / 2, (i % size) - size / 2];
    return Math.min(1, Math.max(0, (size / 4 - Math.hypot(x, y)) / 4 + 0.5));
  });
  const alpha = tf.tensor4d(matte, [1, size, size, 1]);
  const flat = (color: number[]) => tf.tile(tf.tensor4d(color, [1, 1, 1, 3]), [1, size, size, 1]);
  const layers = { foreground: flat(foreground), background: flat(background) } as const;
  const image = tf.tidy(
    () =>
      tf.add(
        tf.mul(alpha, layers.foreground),
        tf.mul(tf.sub(1, alpha), layers.background),
      ) as tf.Tensor4D,
  );
  return { image, alpha, ...layers } as LayeredPortrait;
}

/** What the suite's portrait is made of, as far as a generator asks. */
function layersOf({ image }: GeneratorContext): LayeredPortrait {
  return tf.tidy(() => {
    const alpha = tf.clipByValue(tf.mul(tf.slice(image, [0, 0, 0, 1], [1, -1, -1, 1]), 1.4), 0, 1);
    return {
      image,
      alpha: alpha as tf.Tensor4D,
      foreground: tf.sqrt(image) as tf.Tensor4D,
      background: tf.square(image) as tf.Tensor4D,
    };
  });
}

function made(context: GeneratorContext, options?: LayeredOptions): LayeredGenerator {
  const portrait = layersOf(context);
  const generator = new LayeredGenerator(portrait, options);
  tf.dispose([portrait.alpha, portrait.foreground, portrait.background]);
  return generator;
}

everyBackend(() => {
  describeGenerator({ describe, it }, (context) => made(context));
  describeGenerator(
    { describe, it },
    (context) => made(context, { finest: 8, coarsest: 2, range: 0.3, band: 64 }),
    { title: 'Generator of 51 × 38', width: 51, height: 38, spread: 0.2 },
  );

  it('shows the photo bit for bit without a change, and pushed apart only along the edge', () => {
    const portrait = discPortrait(128, [0.7, 0.5, 0.4], [0.3, 0.5, 0.5]);
    const generator = new LayeredGenerator(portrait, { band: 32, push: 0.04, fade: 0 });
    tf.tidy(() => {
      const photo = portrait.image.dataSync();
      const same = generator.synthesize(generator.encode(portrait.image)).dataSync();
      expect(same).toEqual(photo);
      const change = tf.sub(generator.synthesize(generator.start()), portrait.image);
      const at = (y: number, x: number) => [
        ...tf.slice(change, [0, y, x, 0], [1, 1, 1, 3]).dataSync(),
      ];
      // d / |d| is (0.4, 0, −0.1) / 0.412: the inside goes along it, the outside against it.
      const [inside, outside] = [at(64, 64 + 28), at(64, 64 + 36)];
      expect(inside[0]).toBeGreaterThan(0.02);
      // A little less for the larger part: the tanh bends.
      expect(Math.abs(inside[0]! / inside[2]! + 3.85)).toBeLessThan(0.15);
      expect(Math.abs(inside[1]!)).toBeLessThan(1e-6);
      expect(outside[0]).toBeLessThan(-0.015);
      // Nothing far from the edge, and nothing beyond the push.
      expect(at(64, 64).map(Math.abs)).toEqual([0, 0, 0]);
      expect(at(2, 2).map(Math.abs)).toEqual([0, 0, 0]);
      expect(tf.max(tf.abs(change)).dataSync()[0]).toBeLessThanOrEqual(0.04);
    });
    generator.dispose();
    tf.dispose(Object.values(portrait));
  });

  it('pushes nothing apart where the matte is soft for long, unless it is told to', () => {
    const flat = (color: number[]) => tf.tile(tf.tensor4d(color, [1, 1, 1, 3]), [1, 64, 96, 1]);
    // Crisp on the left; on the right, hair: half of each for 32 pixels.
    const matte = Array.from({ length: 64 * 96 }, (_, i) => {
      const x = i % 96;
      return x < 16 ? 0 : x < 48 ? 1 : x < 80 ? 0.5 : 0;
    });
    const alpha = tf.tensor4d(matte, [1, 64, 96, 1]);
    const [foreground, background] = [flat([0.7, 0.5, 0.4]), flat([0.3, 0.5, 0.5])];
    const image = tf.tidy(() =>
      tf.add(background, tf.mul(alpha, tf.sub(foreground, background))),
    ) as tf.Tensor4D;
    const portrait = { image, alpha, foreground, background } as LayeredPortrait;
    const largest = (fade: number | undefined, left: number, right: number) => {
      const generator = new LayeredGenerator(portrait, {
        band: 64,
        finest: 96,
        ...(fade !== undefined && { fade }),
      });
      const change = tf.tidy(() => {
        const moved = tf.abs(tf.sub(generator.synthesize(generator.start()), image));
        return tf.max(tf.slice(moved, [0, 0, left, 0], [1, 64, right - left, 3])).dataSync()[0]!;
      });
      generator.dispose();
      return change;
    };
    expect(largest(undefined, 12, 20)).toBeGreaterThan(0.02);
    expect(largest(undefined, 60, 68)).toBeLessThan(1e-6);
    expect(largest(0, 72, 90)).toBeGreaterThan(0.02);
    tf.dispose(Object.values(portrait));
  });

  it('moves all colours alike where only lightness is pushed', () => {
    const portrait = discPortrait(64, [0.7, 0.5, 0.4], [0.3, 0.3, 0.5]);
    const generator = new LayeredGenerator(portrait, {
      band: 32,
      direction: 'lightness',
      fade: 0,
    });
    tf.tidy(() => {
      const change = tf.sub(generator.synthesize(generator.start()), portrait.image);
      const [red, green, blue] = tf.split(change, 3, 3);
      expect(tf.max(tf.abs(red)).dataSync()[0]).toBeGreaterThan(0.01);
      for (const other of [green, blue]) {
        expect(tf.max(tf.abs(tf.sub(red, other))).dataSync()[0]).toBeLessThan(1e-6);
      }
    });
    generator.dispose();
    tf.dispose(Object.values(portrait));
  });

  it('says that it was disposed', () => {
    const portrait = discPortrait(32, [1, 1, 1], [0, 0, 0]);
    const generator = new LayeredGenerator(portrait);
    const code = generator.start();
    generator.dispose();
    generator.dispose();
    const refusal = expect.objectContaining({
      code: 'MODEL_OUTPUT',
      message: expect.stringContaining('was disposed'),
    });
    expect(() => generator.synthesize(code)).toThrow(refusal);
    expect(() => generator.start()).toThrow(refusal);
    tf.dispose([code.styles, ...code.noise, ...Object.values(portrait)]);
  });

  it('does not move where both layers have one colour', () => {
    const portrait = discPortrait(64, [0.4, 0.5, 0.6], [0.4, 0.5, 0.6]);
    const generator = new LayeredGenerator(portrait);
    tf.tidy(() => {
      const change = tf.sub(generator.synthesize(generator.start()), portrait.image);
      expect(tf.max(tf.abs(change)).dataSync()[0]).toBe(0);
    });
    generator.dispose();
    tf.dispose(Object.values(portrait));
  });
}, ['cpu', 'wasm', 'tensorflow']);

describe('grids', () => {
  it.each<[[number, number], LayeredOptions, [number, number][]]>([
    [
      [64, 64],
      {},
      [
        [4, 4],
        [8, 8],
        [16, 16],
        [32, 32],
        [64, 64],
      ],
    ],
    [
      [48, 24],
      { finest: 16 },
      [
        [2, 4],
        [4, 8],
        [8, 16],
      ],
    ],
    [[6, 3], {}, [[3, 6]]],
  ])(
    'of %o with %o, coarse to fine, in the shape of the portrait',
    ([width, height], options, expected) => {
      const image = mockPortraits(width, height, [1]);
      const generator = made({ image }, options);
      expect(generator.latents.noise).toEqual(expected.map((size) => [...size, 12]));
      generator.dispose();
      image.dispose();
    },
  );

  it.each<LayeredOptions>([
    { range: 0 },
    { range: 2 },
    { push: 0.2 },
    { push: -0.1 },
    { band: 0 },
    { coarsest: 0 },
    { coarsest: 8, finest: 4 },
    { finest: Number.POSITIVE_INFINITY },
  ])('%o is refused, before anything is allocated', async (options) => {
    const portrait = discPortrait(16, [1, 1, 1], [0, 0, 0]);
    const { leaked, error } = await checkLeaks(() => new LayeredGenerator(portrait, options));
    tf.dispose(Object.values(portrait));
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(leaked).toBe(0);
  });

  it('of layers that do not fit each other is refused', () => {
    const portrait = discPortrait(16, [1, 1, 1], [0, 0, 0]);
    const wrong = { ...portrait, alpha: tf.zeros([1, 16, 15, 1]) as tf.Tensor4D };
    expect(() => new LayeredGenerator(wrong)).toThrow(InvalidImageError);
    tf.dispose([...Object.values(portrait), wrong.alpha]);
  });
});

describe('by name', () => {
  it('is made of the matte of the run, and says so without one', async () => {
    const { image, alpha, foreground, background } = discPortrait(32, [1, 0.5, 0], [0, 0.5, 1]);
    const matte = async () => alpha;
    const { leaked } = await checkLeaks(async () => {
      const generator = await generators.create('layered', { image, matte });
      expect(generator.name).toBe('layered');
      generator.dispose();
    });
    expect(leaked).toBe(0);
    await expect(createLayeredGenerator({ image })).rejects.toThrow(/needs the matte/);
    tf.dispose([image, alpha, foreground, background]);
  });
});

describe('enhancePortrait', () => {
  const photo = (): FloatImage => {
    const { image, ...rest } = discPortrait(64, [0.9, 0.7, 0.6], [0.2, 0.2, 0.4]);
    const data = image.dataSync().slice() as Float32Array;
    tf.dispose([image, ...Object.values(rest)]);
    return { width: 64, height: 64, channels: 3, data };
  };
  const common = { trimap: mockTrimapModel(), generator: 'layered' };

  it('searches from the start of the generator', async () => {
    const { history, settings } = await enhancePortrait(photo(), {
      model: mockMattingModel(),
      steps: 3,
      workingSize: 64,
      advanced: {
        ...common,
        // One pixel in 64 is 8 in 512: soft.
        generator: (context) => createLayeredGenerator(context, { fade: 0 }),
        select: 'last',
      },
    });
    expect(settings.generator).toBe('layered');
    expect(history.map(({ step }) => step)).toEqual([0, 1, 2, 3]);
    expect(history[0]!.psnr).toBe(Number.POSITIVE_INFINITY);
    expect(history[1]!.psnr).toBeLessThan(60);
    expect(history[2]!.psnr).not.toBe(history[1]!.psnr);
  });

  it('tries the start alone for a black box, and says so', async () => {
    const { history, warnings, portrait, psnr } = await enhancePortrait(photo(), {
      model: mockMattingModel({ differentiable: 'none', needsTrimap: false }),
      steps: 5,
      workingSize: 64,
      advanced: { ...common, select: 'last' },
    });
    expect(history.map(({ step }) => step)).toEqual([0, 1]);
    expect(warnings.join()).toMatch(/only the start of generator "layered" was tried/);
    expect(portrait.data).not.toEqual(photo().data);
    expect(psnr).toBeGreaterThan(45);
  });
});
