import * as tf from '@tensorflow/tfjs-core';
import { meanSquareOf } from '../metrics/psnr-of';
import { readTogether } from '../ops/read-together';
import type { Formula } from '../ops/webgpu/elementwise';
import { sumOf } from '../ops/webgpu/sum-of';
import { notFinite } from '../prediction/predict-matte';

/** Shrinking this often halves the change at least once; the last try gives up and returns the start. */
const MAX_TRIES = 6;

/** Latents within the trust region, owned by the caller. */
export interface WithinTrustRegion {
  readonly tensors: tf.Tensor[];
  /** Of `also`, in its order. */
  readonly values: readonly Float32Array[];
  /** The portrait there, owned by the caller, with its values; where it was asked for. */
  readonly portrait?: { readonly tensor: tf.Tensor4D; readonly values: Float32Array } | undefined;
}

export interface TrustRegionOptions {
  /** Named in errors. */
  readonly generator: string;
  /** The latents at the start. */
  readonly origin: readonly tf.Tensor[];
  /** The portrait there, `[1, H, W, 3]` in [0, 1]; for a poor inversion that is not the photo. */
  readonly start: tf.Tensor4D;
  /** The portrait of such latents, as the losses see it. */
  readonly portraitOf: (latents: readonly tf.Tensor[]) => tf.Tensor4D;
  /** 0 is no bound. */
  readonly minPsnr: number;
  /** Give the portrait too. */
  readonly withPortrait: boolean;
  /** Read in the same read-back. Owned by the caller. */
  readonly also: readonly tf.Tensor[];
}

/**
 * Moves a code back towards its start until the portrait is within `minPsnr` of the start of the search, by shrinking the
 * displacement by the square root of the excess (exact where the generator is linear in its code).
 *
 * @param tensors consumed
 */
export async function projectOntoTrustRegion(
  tensors: tf.Tensor[],
  options: TrustRegionOptions,
): Promise<WithinTrustRegion> {
  const { origin, minPsnr, withPortrait, also } = options;
  if (minPsnr <= 0 && !withPortrait) {
    return reading(tensors, async () => ({ tensors, values: await readTogether(also) }));
  }
  const limit = minPsnr <= 0 ? Number.POSITIVE_INFINITY : meanSquareOf(minPsnr);
  let current = tensors;
  let values: readonly Float32Array[] | undefined;
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const found = await reading(current, () =>
      lookAt(current, options, values === undefined ? also : []),
    );
    values ??= found.values;
    const { meanSquare, portrait } = found;
    if (meanSquare <= limit * 1.0001) return { tensors: current, values, portrait };
    portrait?.tensor.dispose();
    // A hair below the boundary, so that rounding does not ask for another round.
    const factor = 0.999 * Math.sqrt(limit / meanSquare);
    const next = tf.tidy(() =>
      current.map((tensor, i) => tf.add(origin[i], tf.mul(tf.sub(tensor, origin[i]), factor))),
    );
    tf.dispose(current);
    current = next;
  }
  tf.dispose(current);
  const start = origin.map((tensor) => tf.clone(tensor));
  const { portrait } = await reading(start, () => lookAt(start, options, []));
  return { tensors: start, values: values ?? [], portrait };
}

/** Frees `tensors` where it fails. */
async function reading<Result>(tensors: tf.Tensor[], read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    tf.dispose(tensors);
    throw error;
  }
}

async function lookAt(
  latents: readonly tf.Tensor[],
  { generator, portraitOf, start, withPortrait }: TrustRegionOptions,
  also: readonly tf.Tensor[],
) {
  const [portrait, change] = tf.tidy(() => {
    const portrait = portraitOf(latents);
    return [tf.clone(portrait), changeOf(portrait, start)] as const;
  });
  let kept = false;
  try {
    const asked = [change, ...(withPortrait ? [portrait] : []), ...also];
    const [meanSquare, ...rest] = await readTogether(asked);
    if (!Number.isFinite(meanSquare[0])) throw notFinite(generator, 'portrait');
    kept = withPortrait;
    return {
      meanSquare: meanSquare[0],
      values: withPortrait ? rest.slice(1) : rest,
      portrait: withPortrait ? { tensor: portrait, values: rest[0] } : undefined,
    };
  } finally {
    change.dispose();
    if (!kept) portrait.dispose();
  }
}

/** Mean square of the change, NaN when the update was: otherwise every step would silently end at the start. */
function changeOf(portrait: tf.Tensor4D, start: tf.Tensor4D): tf.Tensor {
  return (
    sumOf(CHANGE, [portrait, start], 1 / portrait.size, { nothing: 0 }) ??
    tf.add(
      tf.mean(tf.square(tf.sub(tf.clipByValue(portrait, 0, 1), start))),
      tf.sum(tf.mul(portrait, 0)),
    )
  );
}

/** A number that is 0 times a value is nothing that a compiler of shaders could leave out. */
const CHANGE: Formula = {
  name: 'boundedChange',
  wgsl: '(clamp(a, 0.0, 1.0) - b) * (clamp(a, 0.0, 1.0) - b) + a * uniforms.nothing',
  numbers: ['nothing'],
};
