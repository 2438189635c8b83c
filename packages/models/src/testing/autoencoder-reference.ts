import { readFileSync } from 'node:fs';
import { hashValues } from '@latent-matte/test-kit/hash-values';
import { archiveOf } from '@latent-matte/test-kit/random-archive';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { Autoencoder } from '../autoencoder';

/** What the scripts `fixtures/make-*.py` of autoencoders store: samples, in PyTorch's order of axes. */
export interface AutoencoderAnswers {
  readonly size: [height: number, width: number];
  readonly latents: number[];
  readonly decoded: number[];
}

export interface AutoencoderReference {
  readonly tensors: number;
  readonly parameters: number;
  readonly cases: (AutoencoderAnswers & { readonly gradient: number[] })[];
}

export function autoencoderReference<T extends AutoencoderReference>(name: string): T {
  return JSON.parse(
    readFileSync(new URL(`../../fixtures/${name}.json`, import.meta.url), 'utf8'),
  ) as T;
}

type Shapes = Readonly<Record<string, readonly number[]>>;

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/**
 * Weights by the rule of those scripts.
 *
 * @param isLast whether a filter is the last of a branch, which adds little
 * @param offsetOf of a vector
 */
export function hashedWeights(
  shapes: Shapes,
  isLast: (name: string) => boolean,
  offsetOf: (name: string) => number = () => 0,
): ReturnType<typeof archiveOf> {
  const values = (name: string, shape: readonly number[]) => {
    if (shape.length === 1) return hashValues(name, sizeOf(shape), 0.1, offsetOf(name));
    const gain = isLast(name) ? 0.5 : 3;
    return hashValues(name, sizeOf(shape), (gain / sizeOf(shape.slice(1))) ** 0.5, 0);
  };
  return archiveOf(
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, [shape, values(name, shape)]]),
    ),
  );
}

export function expectTensorsOf({ tensors, parameters }: AutoencoderReference, shapes: Shapes) {
  expect(Object.keys(shapes)).toHaveLength(tensors);
  expect(Object.values(shapes).reduce((sum, shape) => sum + sizeOf(shape), 0)).toBe(parameters);
}

export const fromChannelsFirst = (
  values: Float32Array,
  [height, width]: readonly [number, number],
): tf.Tensor4D =>
  tf.tidy(() => tf.transpose(tf.tensor4d(values, [1, 3, height, width]), [0, 2, 3, 1]));

/** Of the samples that are stored. */
export function largestError(map: tf.Tensor4D, expected: readonly number[]): number {
  const values = tf.tidy(() => tf.transpose(map, [0, 3, 1, 2]).dataSync());
  const at = (i: number) => values[(i * 7919) % values.length]!;
  return Math.max(...expected.map((value, i) => Math.abs(value - at(i))));
}

/** Latents, picture and gradient of a case. */
export function expectAnswers(
  network: Autoencoder,
  { size, latents, decoded, gradient }: AutoencoderReference['cases'][number],
): void {
  tf.tidy(() => {
    const [height, width] = size;
    const { factor, latentChannels } = network;
    const values = hashValues(`picture ${height}`, 3 * height * width, 0.5, 0.5);
    const z = network.encode(fromChannelsFirst(values, size));
    expect(z.shape).toEqual([1, height / factor, width / factor, latentChannels]);
    expect(largestError(z, latents)).toBeLessThan(1e-4);
    expect(largestError(network.decode(z), decoded)).toBeLessThan(1e-4);
    const slope = fromChannelsFirst(hashValues('slope', 3 * height * width), size);
    const found = tf.grad((x) => tf.sum(tf.mul(network.decode(x as tf.Tensor4D), slope)))(
      z,
    ) as tf.Tensor4D;
    expect(largestError(found, gradient)).toBeLessThan(1e-3 * Math.max(...gradient.map(Math.abs)));
  });
}
