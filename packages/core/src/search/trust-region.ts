import * as tf from '@tensorflow/tfjs-core';
import { meanSquareOf } from '../metrics/psnr-of';
import { notFinite } from '../prediction/predict-matte';

/** Shrinking this often halves the change at least once; the last try gives up and returns the start. */
const MAX_TRIES = 6;

/**
 * Moves a code back towards its start until the portrait is within `minPsnr` of the start of the search, by shrinking the
 * displacement by the square root of the excess (exact where the generator is linear in its code).
 *
 * @param origin the latents at the start
 * @param start the portrait there, `[1, H, W, 3]` in [0, 1]; for a poor inversion that is not the photo
 * @param portraitOf the portrait of such latents, as the losses see it; named `generator` in errors
 * @returns latent tensors owned by the caller; `tensors` is consumed
 */
export async function projectOntoTrustRegion(
  generator: string,
  origin: readonly tf.Tensor[],
  portraitOf: (latents: readonly tf.Tensor[]) => tf.Tensor4D,
  tensors: tf.Tensor[],
  start: tf.Tensor4D,
  minPsnr: number,
): Promise<tf.Tensor[]> {
  if (minPsnr <= 0) return tensors;
  const limit = meanSquareOf(minPsnr);
  let current = tensors;
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const meanSquare = await meanSquareChange(generator, () => portraitOf(current), start).catch(
      (error) => {
        tf.dispose(current);
        throw error;
      },
    );
    if (meanSquare <= limit * 1.0001) return current;
    // A hair below the boundary, so that rounding does not ask for another round.
    const factor = 0.999 * Math.sqrt(limit / meanSquare);
    const next = tf.tidy(() =>
      current.map((tensor, i) => tf.add(origin[i], tf.mul(tf.sub(tensor, origin[i]), factor))),
    );
    tf.dispose(current);
    current = next;
  }
  tf.dispose(current);
  return origin.map((tensor) => tf.clone(tensor));
}

async function meanSquareChange(
  generator: string,
  make: () => tf.Tensor4D,
  start: tf.Tensor4D,
): Promise<number> {
  const change = tf.tidy(() => {
    const portrait = make();
    const change = tf.mean(tf.square(tf.sub(tf.clipByValue(portrait, 0, 1), start)));
    // NaN when the update was: otherwise every step would silently end at the start.
    return tf.add(change, tf.sum(tf.mul(portrait, 0)));
  });
  try {
    const [value] = await change.data();
    if (!Number.isFinite(value)) throw notFinite(generator, 'portrait');
    return value;
  } finally {
    change.dispose();
  }
}
