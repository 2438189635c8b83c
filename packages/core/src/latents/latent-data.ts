import * as tf from '@tensorflow/tfjs-core';
import type { LatentCode, LatentShape } from '../contracts';
import { InvalidOptionError } from '../errors';

/** Values of a tensor without a backend. */
export interface LatentValues {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Float32Array;
}

/**
 * A latent code as plain data: what an inversion returns, what is saved, and what may cross to a worker. Nothing
 * to dispose.
 */
export interface LatentData {
  /** W+, `[layers, dim]`. */
  readonly styles: LatentValues;
  /** Noise maps, coarse to fine, each `[height, width, channels]`. */
  readonly noise: readonly LatentValues[];
}

/** Reads a code of one portrait. The tensors are not disposed. */
export async function latentData(code: LatentCode): Promise<LatentData> {
  const read = async (tensor: tf.Tensor): Promise<LatentValues> => ({
    shape: tensor.shape.slice(1),
    data: Float32Array.from(await tensor.data()),
  });
  const [styles, ...noise] = await Promise.all([code.styles, ...code.noise].map(read));
  return { styles: styles!, noise };
}

/** The code as tensors `[1, …]`, owned by the caller. */
export function latentCode({ styles, noise }: LatentData): LatentCode {
  const [layers, dim] = styles.shape as [number, number];
  return {
    styles: tf.tensor3d(styles.data, [1, layers, dim]),
    noise: noise.map(({ data, shape }) => {
      const [height, width, channels] = shape as [number, number, number];
      return tf.tensor4d(data, [1, height, width, channels]);
    }),
  };
}

/**
 * Checks that a code is one for a generator of this shape.
 * @param what for the message, for instance `The start`
 * @throws InvalidOptionError
 */
export function assertLatentShape(
  code: { styles: { shape: readonly number[] }; noise: readonly { shape: readonly number[] }[] },
  { styles, noise }: LatentShape,
  what: string,
): void {
  const show = (shapes: readonly (readonly number[])[]) =>
    shapes.map((shape) => `[${shape.join(', ')}]`).join(' ');
  const found = [code.styles.shape, ...code.noise.map(({ shape }) => shape)];
  const expected = [styles, ...noise];
  if (show(found) === show(expected)) return;
  throw new InvalidOptionError(
    `${what} has latents of the shapes ${show(found)}; the generator has ${show(expected)}.`,
    'Use latents that were made with the same generator.',
  );
}
