import { InvalidOptionError, type LatentCode } from '@latent-matte/core';
import { checkLeaks, describeGenerator, mockPortraits } from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ResidualPyramidGenerator, type ResidualPyramidOptions } from './residual-pyramid';

/** Runs with a generator for a mock portrait and disposes both. */
function withGenerator(
  [width, height]: [number, number],
  options: ResidualPyramidOptions,
  body: (generator: ResidualPyramidGenerator, image: tf.Tensor4D) => void,
): void {
  const image = mockPortraits(width, height, [3]);
  const generator = new ResidualPyramidGenerator({ image }, options);
  tf.tidy(() => body(generator, image));
  generator.dispose();
  image.dispose();
}

const filled = ({ noise, styles }: LatentCode, value: number): LatentCode => ({
  styles,
  noise: noise.map((map) => tf.fill(map.shape, value) as tf.Tensor4D),
});

eachBackend(() => {
  describeGenerator({ describe, it }, (context) => new ResidualPyramidGenerator(context));
  describeGenerator({ describe, it }, (context) => new ResidualPyramidGenerator(context), {
    title: 'Generator of 51 × 38',
    width: 51,
    height: 38,
  });
  describeGenerator(
    { describe, it },
    (context) => new ResidualPyramidGenerator(context, { finest: 4, coarsest: 3, range: 0.3 }),
    { title: 'Generator with coarse noise only', width: 40, height: 64 },
  );

  it.each<[number, number]>([
    [64, 64],
    [51, 38],
    [8, 8],
    [9, 33],
  ])('inverts %d × %d bit for bit', (width, height) =>
    withGenerator([width, height], {}, (generator, image) => {
      const portrait = generator.synthesize(generator.encode(image));
      expect(portrait.dataSync()).toEqual(image.dataSync());
    }),
  );

  it.each([0.02, 0.1, 1])('changes no value by more than its range, %d', (range) =>
    withGenerator([24, 40], { range }, (generator, image) => {
      for (const value of [-1e3, 1e3]) {
        const code = filled(generator.encode(image), value);
        const change = tf.sub(generator.synthesize(code), image);
        const largest = tf.max(tf.abs(change)).dataSync()[0];
        expect(largest).toBeLessThanOrEqual(range + 1e-6);
        expect(largest).toBeGreaterThan(range * 0.999);
      }
    }),
  );

  it('adds the upsampled sum of its maps where they are small', () =>
    withGenerator([32, 32], { range: 1 }, (generator, image) => {
      // Constant maps stay constant when resized: three scales of 0.001 each.
      expect(generator.latents.noise).toEqual([
        [8, 8, 3],
        [16, 16, 3],
        [32, 32, 3],
      ]);
      const change = tf.sub(generator.synthesize(filled(generator.encode(image), 1e-3)), image);
      expect(tf.max(tf.abs(tf.sub(change, 3e-3))).dataSync()[0]).toBeLessThan(1e-6);
    }));

  it('keeps working when the portrait it was made from is disposed', () => {
    const image = mockPortraits(16, 16, [1]);
    const expected = image.dataSync().slice();
    const generator = new ResidualPyramidGenerator({ image });
    image.dispose();
    tf.tidy(() => {
      expect(generator.synthesize(generator.encode(image)).dataSync()).toEqual(expected);
    });
    generator.dispose();
  });
});

describe('latents', () => {
  it.each<[[number, number], ResidualPyramidOptions, [number, number][]]>([
    [
      [51, 38],
      {},
      [
        [5, 7],
        [10, 13],
        [19, 26],
        [38, 51],
      ],
    ],
    [
      [40, 64],
      { finest: 2 },
      [
        [8, 5],
        [16, 10],
        [32, 20],
      ],
    ],
    [[4, 4], {}, [[4, 4]]],
    [
      [4, 4],
      { coarsest: 1 },
      [
        [1, 1],
        [2, 2],
        [4, 4],
      ],
    ],
  ])('of %o with %o, coarse to fine', (size, options, expected) =>
    withGenerator(size, options, ({ latents, resolution }) => {
      expect(latents).toEqual({ styles: [0, 0], noise: expected.map((map) => [...map, 3]) });
      expect(resolution).toEqual([size[1], size[0]]);
    }),
  );

  it.each<ResidualPyramidOptions>([
    { range: 0 },
    { range: 1.5 },
    { range: Number.NaN },
    { coarsest: 0 },
    { finest: 0.5 },
  ])('%o is refused, before anything is allocated', async (options) => {
    const image = mockPortraits(8, 8, [1]);
    const { leaked, error } = await checkLeaks(
      () => new ResidualPyramidGenerator({ image }, options),
    );
    image.dispose();
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(leaked).toBe(0);
  });
});
