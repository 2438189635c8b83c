import { createRandom } from '@latent-matte/core';
import * as tf from '@tensorflow/tfjs-core';
import { type Measurement, type PendingMeasurement, severity } from './measurement';

/** How an input is moved: every value by `bits` steps of its last bit, or each by up to so many, drawn from `seed`. */
type Move = { readonly bits: number; readonly seed?: number };

/**
 * Where two samples of a max-pool, or a value in front of a ReLU and 0, are equal but for rounding, the rounding of
 * whoever computes decides which one is taken: a different place of an unpooled value, another gradient. Such a choice
 * differs at one of these inputs too; an error of ours stays at all of them.
 */
const MOVES: readonly Move[] = [
  ...[0, 1, -1, 2, -2, 3, -3].map((bits) => ({ bits })),
  ...Array.from({ length: 12 }, (_, seed) => ({ bits: 2, seed })),
];

function moved<T extends tf.Tensor>(given: T, { bits, seed }: Move): T {
  if (seed === undefined) return tf.mul(given, 1 + bits * 2 ** -23);
  const random = createRandom(seed);
  const steps = Float32Array.from({ length: given.size }, () => {
    const step = random.integer(2 * bits + 1) - bits;
    return 1 + step * 2 ** -23;
  });
  return tf.tidy(() => tf.mul(given, tf.tensor(steps, given.shape)));
}

const told = ({ bits, seed }: Move) =>
  seed === undefined ? `moved by ${bits}` : `moved by up to ${bits}, seed ${seed},`;

/**
 * The errors at the first of the moved inputs where all are within tolerance, or else those of the least severe one.
 * A note says which it was; the input itself comes first, and nothing is added where it passes.
 *
 * @param what what is moved, for the note
 */
export async function errorsNearTies<T extends tf.Tensor>(
  given: T,
  errorsAt: (moved: T) => readonly PendingMeasurement[],
  what = 'picture',
): Promise<Measurement[]> {
  const worst = (all: readonly Measurement[]) => Math.max(...all.map(severity));
  let best: Measurement[] | undefined;
  for (const move of MOVES) {
    const there = moved(given, move);
    const found = await Promise.all(errorsAt(there));
    there.dispose();
    if (best !== undefined && worst(found) >= worst(best)) continue;
    // The input as it is needs no word.
    const note =
      move.bits === 0
        ? {}
        : {
            note: `of the ${what} ${told(move)} in its last bit: as it is, rounding decides a tie`,
          };
    best = found.map((each) => ({ ...each, ...note }));
    if (worst(best) <= 1) break;
  }
  return best!;
}
