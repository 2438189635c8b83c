import { createRandom } from '@latent-matte/core';
import * as tf from '@tensorflow/tfjs-core';
import {
  distanceBetween,
  type Measurement,
  type PendingMeasurement,
  severity,
} from './measurement';

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
  // A sum of a thousand products is off by more than the last bits of what goes in.
  ...Array.from({ length: 12 }, (_, seed) => ({ bits: 16, seed })),
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
  errorsAt: (moved: T) => readonly PendingMeasurement[] | Promise<readonly Measurement[]>,
  what = 'picture',
): Promise<Measurement[]> {
  const worst = (all: readonly Measurement[]) => Math.max(...all.map(severity));
  let best: Measurement[] | undefined;
  for (const move of MOVES) {
    const there = moved(given, move);
    const found = await Promise.all(await errorsAt(there));
    there.dispose();
    if (best !== undefined && worst(found) >= worst(best)) continue;
    // The input as it is needs no word.
    const tie = `of the ${what} ${told(move)} in its last bit: as it is, rounding decides a tie`;
    const noted = ({ note }: Measurement) => (note === undefined ? tie : `${tie}; ${note}`);
    best = move.bits === 0 ? found : found.map((each) => ({ ...each, note: noted(each) }));
    if (worst(best) <= 1) break;
  }
  return best!;
}

/**
 * 4e-6: between what rounding does to a picture and to a gradient, for which the fixtures state 1e-6 and 6e-5 of their own
 * float32. Each value by itself, as rounding does: a generator that demodulates does not see a common factor.
 */
const ROUNDING: Move = { bits: 32, seed: 0 };

/**
 * Values at the end of a path that amplifies rounding, as those of some updates are: gradients that are nearly 0 become
 * whole steps. Those that miss their tolerance are computed again from a start that is moved by as much as rounding moves
 * pictures. Where that moves them by more than they are off, rounding decides them, and that distance is their tolerance;
 * a note gives it. An error of ours is larger than what rounding does.
 *
 * @param isOfPath by the name of a measurement
 */
export async function tolerateAmplifiedRounding<T extends tf.Tensor>(
  found: readonly Measurement[],
  isOfPath: (name: string) => boolean,
  given: T,
  errorsAt: (there: T) => readonly PendingMeasurement[],
): Promise<Measurement[]> {
  const off = found.filter((one) => severity(one) > 1);
  const isOff = (one: Measurement) => off.includes(one);
  // Where another value is off too, this is not the place to ask.
  if (off.length === 0 || !off.every(({ name }) => isOfPath(name))) return [...found];
  const there = moved(given, ROUNDING);
  const others = new Map((await Promise.all(errorsAt(there))).map((one) => [one.name, one]));
  there.dispose();
  return found.map((one) => {
    if (!isOff(one)) return one;
    const distance = distanceBetween(one, others.get(one.name));
    if (!(distance >= one.error)) return one;
    const told = `${one.name}: moved by ${distance.toExponential(2)} when the start is moved by 4e-6; off by ${one.error.toExponential(2)}, stated ${one.tolerance.toExponential(2)}`;
    return { ...one, tolerance: distance, note: told };
  });
}
