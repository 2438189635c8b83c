import type { SampleReader } from '../imaging/sample-reader';
import { colorDifference } from '../metrics/color-difference';
import { labOfLevels } from '../metrics/lab-color';
import { meanSquareOf } from '../metrics/psnr-of';
import { inPieces, type Work } from '../solvers/work';
import { blockScales } from './block-shift';
import { levelOf } from './levels';

/** How far a picture may move from another, both seen as 8-bit levels. A bound of 0 is off. */
export interface ChangeBounds {
  /** Largest shift of the mean of any 8×8 block, in any colour channel, levels of 255. */
  readonly maxBlockShift: number;
  /** Largest CIEDE2000 difference of any pixel. */
  readonly maxColorDifference: number;
  /** Least PSNR, dB. */
  readonly minPsnr: number;
}

export const hasBounds = ({ maxBlockShift, maxColorDifference, minPsnr }: ChangeBounds): boolean =>
  maxBlockShift > 0 || maxColorDifference > 0 || minPsnr > 0;

/** Each round cuts what is over; the bounds disturb each other a little, so that two or three are needed. */
const ROUNDS = 16;
/** Rounding to levels is no straight line: later rounds cut this much more than needed, each. */
const EAGERNESS = 0.02;
/** Values between two turns of the event loop. */
const PIECE = 3 << 15;
/** Steps of one level, in any direction from any colour, are below this difference (2.34 at most, near (25, 25, 25)). */
const ONE_LEVEL = 2.5;

/**
 * Takes a change back where it is too large to go unseen: pixel by pixel for the colour difference, around each block for
 * its shift, everywhere for the PSNR. The rest of the change stays. Both pictures are rounded to 8 bits to be compared, as
 * files and screens do, so that what is written satisfies the bounds. The same input gives the same bytes.
 *
 * @param base reads interleaved RGB in [0, 1], laid out as `changed`
 * @param changed in [0, 1]; changed in place
 */
export function* boundChangeWork(
  base: SampleReader,
  changed: Float32Array,
  width: number,
  height: number,
  { maxBlockShift, maxColorDifference, minPsnr }: ChangeBounds,
): Work<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const eager = 1 - EAGERNESS * round;
    yield* inPieces(changed.length, PIECE, (from, to) =>
      boundColors(base, changed, from, to, maxColorDifference),
    );
    const scales =
      maxBlockShift > 0
        ? yield* blockScales(base, changed, width, height, maxBlockShift)
        : undefined;
    if (scales !== undefined) {
      for (let i = 0; i < scales.length; i++) {
        if (scales[i] < 255) pull(base, changed, 3 * i, 3 * i + 3, (eager * scales[i]) / 255);
      }
    }
    const excess = minPsnr > 0 ? yield* meanSquareExcess(base, changed, minPsnr) : 0;
    if (excess > 1) pull(base, changed, 0, changed.length, (0.999 * eager) / Math.sqrt(excess));
    else if (scales === undefined) return;
  }
  // Never seen, as each round leaves less. The picture that was not changed satisfies every bound.
  for (let i = 0; i < changed.length; i++) changed[i] = base(i);
}

function boundColors(
  base: SampleReader,
  changed: Float32Array,
  from: number,
  to: number,
  limit: number,
): void {
  if (limit === 0) return;
  for (let i = from; i < to; i += 3) {
    let difference = differenceAt(base, changed, i, limit);
    for (let attempt = 0; difference > limit; attempt++) {
      pull(base, changed, i, i + 3, attempt < 8 ? (0.98 * limit) / difference : 0);
      difference = differenceAt(base, changed, i, limit);
    }
  }
}

/** 0 where the colours are too near each other to exceed `limit`. */
function differenceAt(
  base: SampleReader,
  changed: ArrayLike<number>,
  i: number,
  limit: number,
): number {
  const r = levelOf(base(i));
  const g = levelOf(base(i + 1));
  const b = levelOf(base(i + 2));
  const R = levelOf(changed[i]);
  const G = levelOf(changed[i + 1]);
  const B = levelOf(changed[i + 2]);
  const step = Math.max(Math.abs(R - r), Math.abs(G - g), Math.abs(B - b));
  if (step === 0 || (step === 1 && limit >= ONE_LEVEL)) return 0;
  return colorDifference(labOfLevels(r, g, b), labOfLevels(R, G, B));
}

/** How often the mean square of the change, rounded or not, holds that of `minPsnr`. */
function* meanSquareExcess(
  base: SampleReader,
  changed: Float32Array,
  minPsnr: number,
): Work<number> {
  let levels = 0;
  let values = 0;
  yield* inPieces(changed.length, PIECE, (from, to) => {
    for (let i = from; i < to; i++) {
      levels += (levelOf(changed[i]) - levelOf(base(i))) ** 2;
      values += (changed[i] - base(i)) ** 2;
    }
  });
  return Math.max(levels / 255 ** 2, values) / changed.length / meanSquareOf(minPsnr);
}

/** Leaves `share` of the change of the values from `start` to `end`. */
function pull(
  base: SampleReader,
  changed: Float32Array,
  start: number,
  end: number,
  share: number,
): void {
  for (let i = start; i < end; i++) {
    const before = base(i);
    changed[i] = before + share * (changed[i] - before);
  }
}
