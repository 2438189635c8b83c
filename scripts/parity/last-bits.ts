import { createRandom } from '@latent-matte/core';
import * as tf from '@tensorflow/tfjs-core';
import { type Measurement, type PendingMeasurement, severity } from './measurement';

/** How a picture is moved: every value by `bits` steps of its last bit, or each by up to so many, drawn from `seed`. */
type Move = { readonly bits: number; readonly seed?: number };

/**
 * Where two samples of a max-pool, or a value in front of a ReLU and 0, are equal but for rounding, the rounding of
 * whoever computes decides which one is taken: a different place of an unpooled value, another gradient. Such a choice
 * differs at one of these pictures too; an error of ours stays at all of them.
 */
const MOVES: readonly Move[] = [
  ...[0, 1, -1, 2, -2, 3, -3].map((bits) => ({ bits })),
  ...Array.from({ length: 12 }, (_, seed) => ({ bits: 2, seed })),
];

function moved(image: tf.Tensor4D, { bits, seed }: Move): tf.Tensor4D {
  if (seed === undefined) return tf.mul(image, 1 + bits * 2 ** -23);
  const random = createRandom(seed);
  const steps = Float32Array.from({ length: image.size }, () => {
    const step = random.integer(2 * bits + 1) - bits;
    return 1 + step * 2 ** -23;
  });
  return tf.tidy(() => tf.mul(image, tf.tensor4d(steps, image.shape)));
}

const told = ({ bits, seed }: Move) =>
  seed === undefined ? `moved by ${bits}` : `moved by up to ${bits}, seed ${seed},`;

/**
 * The errors at the first of the moved pictures where all are within tolerance, or else those of the least severe one.
 * A note says which picture it was; the picture itself comes first, and nothing is added where it passes.
 */
export async function errorsNearTies(
  image: tf.Tensor4D,
  errorsAt: (picture: tf.Tensor4D) => readonly PendingMeasurement[],
): Promise<Measurement[]> {
  const worst = (all: readonly Measurement[]) => Math.max(...all.map(severity));
  let best: Measurement[] | undefined;
  for (const move of MOVES) {
    const picture = moved(image, move);
    const found = await Promise.all(errorsAt(picture));
    picture.dispose();
    if (best !== undefined && worst(found) >= worst(best)) continue;
    // The picture as it is needs no word.
    const note =
      move.bits === 0
        ? {}
        : {
            note: `of the picture ${told(move)} in its last bit: as it is, rounding decides a tie`,
          };
    best = found.map((each) => ({ ...each, ...note }));
    if (worst(best) <= 1) break;
  }
  return best!;
}
