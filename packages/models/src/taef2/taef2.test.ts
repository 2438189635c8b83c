import { existsSync, readFileSync } from 'node:fs';
import { InvalidImageError, InvalidOptionError, WeightsError } from '@latent-matte/core';
import { openCheckpoint, type WeightArchive } from '@latent-matte/core/checkpoints';
import { checkLeaks, describeGenerator, mockPortraits } from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { hashValues } from '@latent-matte/test-kit/hash-values';
import { archiveOf, wantedShapes } from '@latent-matte/test-kit/random-archive';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { loadModel } from '../load-model';
import { createTaef2, createTaef2Generator } from './create-taef2';

interface Answers {
  readonly size: [height: number, width: number];
  readonly latents: number[];
  readonly decoded: number[];
}
interface Reference {
  readonly tensors: number;
  readonly parameters: number;
  readonly cases: (Answers & { readonly gradient: number[] })[];
  readonly published: Answers;
}
/** Of fixtures/make-taef2.py, as are the rules of weights and pictures below. */
const reference = JSON.parse(
  readFileSync(new URL('../../fixtures/taef2.json', import.meta.url), 'utf8'),
) as Reference;

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const shapes = wantedShapes((archive) => createTaef2(archive));

function weights(name: string, shape: readonly number[]): Float32Array {
  if (shape.length === 1) {
    return hashValues(name, sizeOf(shape), 0.1, name.endsWith('.weight') ? 1 : 0);
  }
  const gain = /(conv\.4|pool\.3)\.weight$/.test(name) ? 0.5 : 3;
  return hashValues(name, sizeOf(shape), (gain / sizeOf(shape.slice(1))) ** 0.5, 0);
}

const both = archiveOf(
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, [shape, weights(name, shape)]]),
  ),
);

/** One of the two files as it is published. */
function part(prefix: 'encoder.' | 'decoder.'): WeightArchive {
  const own = [...both.tensors].filter(([name]) => name.startsWith(prefix));
  return { tensors: new Map(own.map(([name, tensor]) => [name.slice(prefix.length), tensor])) };
}

const fromChannelsFirst = (
  values: Float32Array,
  [height, width]: readonly [number, number],
): tf.Tensor4D =>
  tf.tidy(() => tf.transpose(tf.tensor4d(values, [1, 3, height, width]), [0, 2, 3, 1]));

/** The samples of the fixture, in PyTorch's order of axes. */
function largestError(map: tf.Tensor4D, expected: readonly number[]): number {
  const values = tf.tidy(() => tf.transpose(map, [0, 3, 1, 2]).dataSync());
  const at = (i: number) => values[(i * 7919) % values.length]!;
  return Math.max(...expected.map((value, i) => Math.abs(value - at(i))));
}

const files = ['taef2_encoder.pth', 'taef2_decoder.pth'].map(
  (name) => new URL(`../../../../../shared/data/nets/taef2/${name}`, import.meta.url),
);

eachBackend(() => {
  // Finite differences cross kinks of the many layers of ReLU, fewer the smaller the step: at 51 × 38, relative errors of
  // 0.18, 0.045 and 0.023 for steps of 2e-2, 5e-4 and 1.5e-4. The gradient itself is held to PyTorch's below.
  describeGenerator({ describe, it }, (context) => createTaef2Generator(both, context), {
    spread: 0.002,
    gradientEpsilon: 2e-5,
  });
  describeGenerator(
    { describe, it },
    (context) => createTaef2Generator(both, context, { gain: 1 }),
    {
      title: 'Generator of 51 × 38',
      width: 51,
      height: 38,
      spread: 0.2,
      gradientEpsilon: 1.5e-4,
      gradientTolerance: 0.05,
    },
  );

  it('wants the tensors of the published files', () => {
    expect(Object.keys(shapes)).toHaveLength(reference.tensors);
    const parameters = Object.values(shapes).reduce((sum, shape) => sum + sizeOf(shape), 0);
    expect(parameters).toBe(reference.parameters);
  });

  it.each(reference.cases)(
    'equals PyTorch at $size, and has its gradient',
    ({ size, latents, decoded, gradient }) => {
      const network = createTaef2(both);
      tf.tidy(() => {
        const values = hashValues(`picture ${size[0]}`, 3 * size[0] * size[1], 0.5, 0.5);
        const z = network.encode(fromChannelsFirst(values, size));
        expect(z.shape).toEqual([1, size[0] / 8, size[1] / 8, 32]);
        expect(largestError(z, latents)).toBeLessThan(1e-4);
        expect(largestError(network.decode(z), decoded)).toBeLessThan(1e-4);
        const slope = fromChannelsFirst(hashValues('slope', 3 * size[0] * size[1]), size);
        const found = tf.grad((x) => tf.sum(tf.mul(network.decode(x as tf.Tensor4D), slope)))(
          z,
        ) as tf.Tensor4D;
        expect(largestError(found, gradient)).toBeLessThan(
          1e-3 * Math.max(...gradient.map(Math.abs)),
        );
      });
      network.dispose();
    },
  );

  it.skipIf(!files.every((file) => existsSync(file)))(
    'with the published weights of ../shared/data/nets/taef2, equals PyTorch and shows the photo exactly',
    async () => {
      const archives = await Promise.all(files.map((file) => openCheckpoint(readFileSync(file))));
      const { size, latents, decoded } = reference.published;
      const [height, width] = size;
      const values = Float32Array.from({ length: 3 * height * width }, (_, i) => {
        const [x, y] = [(i % width) / width, (Math.floor(i / width) % height) / height];
        return [x, y, 0.5 + 0.5 * Math.sin(12 * x * y)][Math.floor(i / (width * height))]!;
      });
      const image = fromChannelsFirst(values, size);
      const network = createTaef2(archives);
      tf.tidy(() => {
        const z = network.encode(image);
        expect(largestError(z, latents)).toBeLessThan(1e-3);
        expect(largestError(network.decode(z), decoded)).toBeLessThan(1e-3);
      });
      network.dispose();
      const generator = await loadModel<ReturnType<typeof createTaef2Generator>>('taef2', {
        weights: archives,
        portrait: { image },
      });
      expect(generator.name).toBe('taef2');
      tf.tidy(() => {
        const code = generator.encode(image);
        expect(generator.synthesize(code).dataSync()).toEqual(image.dataSync());
      });
      generator.dispose();
      image.dispose();
    },
  );
}, ['wasm']);

describe('files', () => {
  it('are joined in any order, and told apart', async () => {
    const image = mockPortraits(16, 16, [1]);
    const [one, other] = await Promise.all(
      [
        [part('encoder.'), part('decoder.')],
        [part('decoder.'), part('encoder.')],
      ].map(async (archives) => {
        const network = createTaef2(archives);
        const z = network.encode(image);
        network.dispose();
        return z.dataSync();
      }),
    );
    expect(one).toEqual(other);
    expect(() => createTaef2([part('encoder.'), part('encoder.')])).toThrow(/encoder twice/);
    expect(() => createTaef2([part('encoder.'), { tensors: new Map() }])).toThrow(WeightsError);
    expect(() => createTaef2(part('encoder.'))).toThrow(/"decoder\.1\.weight" is missing/);
    image.dispose();
  });
});

describe('what does not fit', () => {
  it('is refused, and nothing is left behind', async () => {
    const image = mockPortraits(16, 16, [1]);
    const context = { image };
    for (const [make, kind] of [
      [() => createTaef2Generator(both, undefined), InvalidOptionError],
      [() => createTaef2Generator(both, context, { gain: 0 }), InvalidOptionError],
      [() => createTaef2Generator(both, context, { gain: Number.NaN }), InvalidOptionError],
      [() => createTaef2Generator({ tensors: new Map() }, context), WeightsError],
      [
        () => {
          const wide = tf.zeros<tf.Rank.R4>([1, 8, 2056, 3]);
          try {
            return createTaef2Generator(both, { image: wide });
          } finally {
            wide.dispose();
          }
        },
        InvalidImageError,
      ],
    ] as const) {
      const { leaked, error } = await checkLeaks(make);
      expect(error).toBeInstanceOf(kind);
      expect(leaked).toBe(0);
    }
    const network = createTaef2(both);
    tf.tidy(() => {
      expect(() => network.encode(tf.zeros([1, 12, 16, 3]))).toThrow(/multiples of 8/);
      expect(() => network.decode(tf.zeros([1, 2, 2, 4]))).toThrow(/got latents \[1,2,2,4\]/);
    });
    network.dispose();
    image.dispose();
  });
});
