import * as tf from '@tensorflow/tfjs-core';
import type { Generator, GeneratorContext, LatentCode } from '../contracts';
import { createRandom, type Random } from '../random';
import {
  type ConformanceOptions,
  check,
  checkAgainstDifferences,
  checkDeterminism,
  checkInfo,
  checkNoLeaks,
  checkShape,
  checkValues,
  maxDifference,
  type TestFramework,
  using,
  withDefaults,
} from './conformance';
import { mockPortraits } from './mock-portrait';

export interface GeneratorConformanceOptions extends ConformanceOptions {
  /** Standard deviation of the random codes around the encoded or mean one. Default 0.02. */
  spread?: number;
  /** Largest difference of `synthesize(encode(image))` to `image`. Default 0: bit for bit. */
  inversionTolerance?: number;
  /** How far portraits may lie outside of [0, 1]. Default: the generator's `range`. */
  excess?: number;
}

/**
 * The tests every {@link Generator} passes.
 *
 * ```ts
 * import { describeGenerator, mockGenerator } from '@latent-matte/core/testing';
 * import { describe, it } from 'vitest';
 *
 * // In a test file; your own in place of the mock.
 * describeGenerator({ describe, it }, (context) => mockGenerator(context));
 * ```
 *
 * @param create a generator factory, called in every test with a portrait of the suite's size (generators that
 *   invent portraits ignore it); the suite disposes what it returns
 */
export function describeGenerator(
  { describe, it }: TestFramework,
  create: (context: GeneratorContext) => Generator | Promise<Generator>,
  given: GeneratorConformanceOptions = {},
): void {
  const options = {
    ...withDefaults(given, 'Generator'),
    spread: given.spread ?? 0.02,
    inversionTolerance: given.inversionTolerance ?? 0,
  };
  const { title, width, height, spread } = options;

  const withPortrait = async (
    body: (generator: Generator, image: tf.Tensor4D) => Promise<void>,
  ): Promise<void> => {
    const image = mockPortraits(width, height, [1]);
    try {
      await using(
        () => create({ image }),
        (generator) => body(generator, image),
      );
    } finally {
      image.dispose();
    }
  };

  describe(title, () => {
    it('says what it is, and starts from a portrait or its mean', () =>
      withPortrait(async (generator, image) => {
        checkInfo(generator);
        const { resolution, range } = generator;
        check(
          resolution.every((side) => Number.isInteger(side) && side >= 1),
          `resolution is [${resolution}]`,
        );
        check(range > 0 && range <= 1, `range is ${range}, expected (0, 1]`);
        const code = startOf(generator, image);
        checkCode(generator, code, 1);
        disposeCode(code);
      }));

    it('synthesizes finite portraits of its resolution, close to [0, 1]', () =>
      withPortrait(async (generator, image) => {
        const code = randomCode(generator, image, spread);
        const portrait = generator.synthesize(code);
        checkShape('portrait', portrait, [1, ...generator.resolution, 3]);
        const excess = given.excess ?? generator.range;
        await checkValues('portrait', portrait, -excess, 1 + excess);
        disposeCode(code);
        portrait.dispose();
      }));

    it('inverts exactly when it has an inverse', () =>
      withPortrait(async (generator, image) => {
        if (generator.encode === undefined) {
          check(generator.meanLatent !== undefined, 'it has neither encode() nor meanLatent()');
          return;
        }
        const code = generator.encode(image);
        const portrait = generator.synthesize(code);
        const error = maxDifference(await portrait.data(), await image.data());
        disposeCode(code);
        portrait.dispose();
        check(error <= options.inversionTolerance, `synthesize(encode(image)) is off by ${error}`);
      }));

    it('maps z to codes of its shape, when it has a mapping network', () =>
      withPortrait(async (generator) => {
        const { map } = generator;
        if (map === undefined) {
          check(generator.encode !== undefined, 'it has neither map() nor encode()');
          return;
        }
        const z = tf.tensor2d(createRandom(3).normals(2 * generator.latents.styles[1]), [
          2,
          generator.latents.styles[1],
        ]);
        const code = map.call(generator, z, { truncation: 0.5 });
        checkCode(generator, code, 2);
        const portraits = generator.synthesize(code);
        checkShape('portraits', portraits, [2, ...generator.resolution, 3]);
        await checkValues('portraits', portraits);
        tf.dispose([z, portraits]);
        disposeCode(code);
      }));

    it('gives the same bits for the same code', () =>
      withPortrait(async (generator, image) => {
        const code = randomCode(generator, image, spread);
        await checkDeterminism(() => generator.synthesize(code));
        disposeCode(code);
      }));

    it('has the gradient in every latent that finite differences show', () =>
      withPortrait(async (generator, image) => {
        const code = randomCode(generator, image, spread);
        const tensors = [code.styles as tf.Tensor, ...code.noise];
        for (const [i, tensor] of tensors.entries()) {
          if (tensor.size === 0) continue;
          const synthesize = (x: tf.Tensor) => {
            const all = tensors.map((other, k) => (k === i ? x : other));
            return generator.synthesize({
              styles: all[0] as tf.Tensor3D,
              noise: all.slice(1) as tf.Tensor4D[],
            });
          };
          await checkAgainstDifferences(synthesize, [tensor], options);
        }
        disposeCode(code);
      }));

    it('is the composition of its segments, when it has segments', () =>
      withPortrait(async (generator, image) => {
        const code = randomCode(generator, image, spread);
        const [whole, pieces] = tf.tidy(() => {
          const segments = generator.segments?.(code) ?? [
            { run: (_: readonly tf.Tensor4D[], all: LatentCode) => [generator.synthesize(all)] },
          ];
          const last = segments.reduce<readonly tf.Tensor4D[]>((s, { run }) => run(s, code), []);
          check(last.length === 1, `the last segment returns ${last.length} tensors, expected 1`);
          return [generator.synthesize(code), tf.clone(last[0])];
        });
        const error = maxDifference(await whole.data(), await pieces.data());
        disposeCode(code);
        tf.dispose([whole, pieces]);
        check(error <= 1e-5, `the segments differ from synthesize() by ${error}`);
      }));

    it('leaves no tensors behind and its code alone', () =>
      withPortrait(async (generator, image) => {
        const code = randomCode(generator, image, spread);
        generator.synthesize(code).dispose();
        await checkNoLeaks('synthesize()', () => generator.synthesize(code).dispose());
        await checkNoLeaks('encode() or meanLatent()', () =>
          disposeCode(startOf(generator, image)),
        );
        check(!code.styles.isDisposed, 'the generator disposed its code');
        check(!code.noise.some((map) => map.isDisposed), 'the generator disposed its code');
        disposeCode(code);
      }));

    it('frees everything on dispose, also when called twice', async () => {
      const image = mockPortraits(width, height, [1]);
      try {
        await checkNoLeaks('create, use, dispose', async () => {
          const generator = await create({ image });
          const code = startOf(generator, image);
          generator.synthesize(code).dispose();
          disposeCode(code);
          generator.dispose();
          generator.dispose();
        });
        check(!image.isDisposed, 'the generator disposed the portrait it was made for');
      } finally {
        image.dispose();
      }
    });
  });
}

function startOf(generator: Generator, image: tf.Tensor4D): LatentCode {
  const code = generator.encode?.(image) ?? generator.meanLatent?.();
  check(code !== undefined, 'it has neither encode() nor meanLatent()');
  return code;
}

/** A code near the start, so that gradients are taken where the optimisation works. */
function randomCode(generator: Generator, image: tf.Tensor4D, spread: number): LatentCode {
  const random = createRandom(7);
  const start = startOf(generator, image);
  const code = {
    styles: moved(start.styles, random.fork('styles'), spread),
    noise: start.noise.map((map, i) => moved(map, random.fork(`noise ${i}`), spread)),
  };
  disposeCode(start);
  return code;
}

function moved<T extends tf.Tensor>(tensor: T, random: Random, spread: number): T {
  if (tensor.size === 0) return tf.clone(tensor);
  return tf.tidy(() =>
    tf.add(tensor, tf.mul(tf.tensor(random.normals(tensor.size), tensor.shape), spread)),
  ) as T;
}

function checkCode({ latents }: Generator, { styles, noise }: LatentCode, batch: number): void {
  checkShape('styles', styles, [batch, ...latents.styles]);
  check(
    noise.length === latents.noise.length,
    `a code has ${noise.length} noise maps, latents says ${latents.noise.length}`,
  );
  for (const [i, map] of noise.entries()) {
    // One noise map may serve a whole batch.
    const [first, ...rest] = latents.noise[i];
    checkShape(`noise ${i}`, map, [map.shape[0] === 1 ? 1 : batch, first, ...rest]);
  }
}

function disposeCode(code: LatentCode): void {
  tf.dispose([code.styles, ...code.noise]);
}
