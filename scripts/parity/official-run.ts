import type { LatentCode } from '@latent-matte/core';
import {
  createDeeplabV3Plus,
  createGca,
  createLpipsVgg,
  createStyleGAN2Discriminator,
  createStyleGAN2Generator,
  type StyleGAN2Generator,
} from '@latent-matte/models';
import * as tf from '@tensorflow/tfjs-core';
import type { Fixture } from './fixture';
import {
  l2Error,
  type Measurement,
  type PendingMeasurement,
  storedError,
  valuesOf,
} from './measurement';
import { networkWeights } from './network-weights';
import { storedMap } from './stored-tensors';

/** What the fixtures of the authors' loop and inversion share: networks, the first code, and how it moves. */

/** The generator of a fixture; mapping and mean latent are not in its file. */
export function officialGenerator(fixture: Fixture, folder: string): StyleGAN2Generator {
  const weights = networkWeights(fixture, folder, 'generator');
  const tensors = new Map(weights.tensors);
  if (!tensors.has('latent_avg')) {
    const bytes = new Uint8Array(new Float32Array(512).buffer);
    tensors.set('latent_avg', { dtype: 'F32', shape: [512], bytes });
  }
  return createStyleGAN2Generator({ tensors });
}

export interface OfficialNetworks {
  readonly generator: StyleGAN2Generator;
  readonly discriminator: ReturnType<typeof createStyleGAN2Discriminator>;
  readonly trimap: ReturnType<typeof createDeeplabV3Plus>;
  readonly matting: ReturnType<typeof createGca>;
  readonly lpips: ReturnType<typeof createLpipsVgg>;
}

/** Everything main.py loads for `--backbone gca`. GCA is given the picture without its demo's border. */
export function officialNetworks(fixture: Fixture, folder: string): OfficialNetworks {
  const weights = (part: string) => networkWeights(fixture, folder, part);
  return {
    generator: officialGenerator(fixture, folder),
    discriminator: createStyleGAN2Discriminator(weights('discriminator')),
    trimap: createDeeplabV3Plus(weights('trimap')),
    matting: createGca(weights('matting'), { border: 0 }),
    lpips: createLpipsVgg(weights('lpips')),
  };
}

/** The first code, `[W+, noise 0, noise 1, …]`, owned by the caller. */
export function firstCode(fixture: Fixture, { latents }: StyleGAN2Generator): tf.Tensor[] {
  const [layers, size] = latents.styles;
  return [
    tf.tensor3d(fixture.hash('input:wplus', layers * size), [1, layers, size]),
    ...latents.noise.map(([height, width], i) =>
      tf.tensor4d(fixture.hash(`input:noise_${i}`, height * width), [1, height, width, 1]),
    ),
  ];
}

export function codeOf([styles, ...noise]: readonly tf.Tensor[]): LatentCode {
  return { styles: styles as tf.Tensor3D, noise: noise as tf.Tensor4D[] };
}

/** How far a latent has moved, in float64 of the two float32 values. */
export async function deltaError(
  fixture: Fixture,
  name: string,
  before: tf.Tensor,
  now: tf.Tensor,
): Promise<Measurement> {
  const { full_shape, slice } = fixture.info(name);
  const [from, to] = [valuesOf(before), valuesOf(now)];
  const [a, b] = [await from, await to];
  const moved = Array.from({ length: a.length }, (_, i) => b[i]! - a[i]!);
  if (slice === undefined) return storedError(fixture, name, moved);
  // Float32 holds a difference of two nearby float32 values exactly.
  const [, , height, width] = full_shape as [number, number, number, number];
  const map = tf.tensor4d(moved, [1, height, width, 1]);
  try {
    return await storedMap(fixture, name, map);
  } finally {
    map.dispose();
  }
}

/** Numbers that were collected step by step, as one stored row. */
export async function rowError(
  fixture: Fixture,
  name: string,
  values: readonly tf.Tensor[],
): Promise<Measurement> {
  const numbers = await Promise.all(values.map(async (value) => (await valuesOf(value))[0]!));
  const { tol_l2 = 1e-4 } = fixture.info(name);
  return l2Error(name, numbers, fixture.floats(name), tol_l2);
}

/** Gradients with respect to `[W+, …noise]` under the names `PREFIXgrad_wplus`, `PREFIXgrad_noise_i`. */
export function codeGradientErrors(
  fixture: Fixture,
  prefix: string,
  gradients: readonly tf.Tensor[],
): PendingMeasurement[] {
  return gradients.flatMap((gradient, i): PendingMeasurement[] => {
    const name = i === 0 ? `${prefix}grad_wplus` : `${prefix}grad_noise_${i - 1}`;
    if (!fixture.has(name)) return [];
    if (i > 0) return [storedMap(fixture, name, gradient as tf.Tensor4D)];
    return [valuesOf(gradient).then((values) => storedError(fixture, name, values))];
  });
}

/** Takes tensors out of the scope of a gradient; `dispose` frees them. */
export class Kept {
  readonly #tensors: tf.Tensor[] = [];

  keep<T extends tf.Tensor>(tensor: T): T {
    this.#tensors.push(tf.keep(tensor));
    return tensor;
  }

  dispose(): void {
    tf.dispose(this.#tensors);
  }
}
