import { colorDifference } from '../metrics/color-difference';
import { labOfLevels } from '../metrics/lab-color';
import { meanSquareOf } from '../metrics/psnr-of';
import { blockScales } from './block-shift';
import { levelOf } from './levels';

/** How far a picture may move from another, seen as 8-bit levels. A bound of 0 is off. */
export interface ChangeBounds {
  /** Largest shift of the mean of any 8×8 block, in any colour channel, levels of 255. */
  readonly maxBlockShift: number;
  /** Largest CIEDE2000 difference of any pixel. */
  readonly maxColorDifference: number;
  /** Least PSNR, dB. */
  readonly minPsnr: number;
}

/** Each round cuts what is over; the bounds disturb each other a little, so that a few are needed. */
const ROUNDS = 12;
/** A hair more than needed: rounding to levels is no straight line. */
const MARGIN = 0.98;
/** A pixel whose levels move by no more than this has a difference below 2.2, whatever its colour. */
const SMALL_STEP = 1;
const SMALL_DIFFERENCE = 2.2;

/**
 * Takes a change back where it is too large to go unseen: pixel by pixel for the colour difference, around each block for
 * its shift, everywhere for the PSNR. The rest of the change stays. Both pictures are rounded to 8 bits to be compared, as
 * files and screens do, so that what is written satisfies the bounds. The same input gives the same bytes.
 *
 * @param base interleaved RGB in [0, 1], as `changed`
 * @param changed in [0, 1]; changed in place
 */
export function boundChange(
  base: ArrayLike<number>,
  changed: Float32Array,
  width: number,
  height: number,
  bounds: ChangeBounds,
): void {
  for (let round = 0; round < ROUNDS; round++) {
    boundColors(base, changed, bounds.maxColorDifference);
    const blocks = boundBlocks(base, changed, width, height, bounds.maxBlockShift);
    const whole = boundMeanSquare(base, changed, bounds.minPsnr);
    if (blocks && whole) return;
  }
  // Never seen: the bounds pull the same way. The photo itself satisfies all of them.
  for (let i = 0; i < changed.length; i++) changed[i] = base[i];
}

function boundColors(base: ArrayLike<number>, changed: Float32Array, limit: number): void {
  if (limit === 0) return;
  for (let i = 0; i < changed.length; i += 3) {
    let difference = differenceAt(base, changed, i, limit);
    for (let attempt = 0; difference > limit; attempt++) {
      pull(base, changed, i, i + 3, attempt < 8 ? (MARGIN * limit) / difference : 0);
      difference = differenceAt(base, changed, i, limit);
    }
  }
}

/** 0 where the colours are too near each other to exceed `limit`. */
function differenceAt(
  base: ArrayLike<number>,
  changed: ArrayLike<number>,
  i: number,
  limit: number,
): number {
  const [r, g, b] = [levelOf(base[i]), levelOf(base[i + 1]), levelOf(base[i + 2])];
  const [R, G, B] = [levelOf(changed[i]), levelOf(changed[i + 1]), levelOf(changed[i + 2])];
  const step = Math.max(Math.abs(R - r), Math.abs(G - g), Math.abs(B - b));
  if (step === 0 || (step <= SMALL_STEP && limit >= SMALL_DIFFERENCE)) return 0;
  return colorDifference(labOfLevels(r, g, b), labOfLevels(R, G, B));
}

/** @returns whether nothing was to do */
function boundBlocks(
  base: ArrayLike<number>,
  changed: Float32Array,
  width: number,
  height: number,
  limit: number,
): boolean {
  if (limit === 0) return true;
  const scales = blockScales(base, changed, width, height, limit);
  if (scales === undefined) return true;
  for (let pixel = 0; pixel < scales.length; pixel++) {
    if (scales[pixel] < 255) pull(base, changed, pixel * 3, pixel * 3 + 3, scales[pixel] / 255);
  }
  return false;
}

/** @returns whether nothing was to do */
function boundMeanSquare(base: ArrayLike<number>, changed: Float32Array, minPsnr: number): boolean {
  if (minPsnr === 0) return true;
  const limit = meanSquareOf(minPsnr);
  let levels = 0;
  let values = 0;
  for (let i = 0; i < changed.length; i++) {
    levels += (levelOf(changed[i]) - levelOf(base[i])) ** 2;
    values += (changed[i] - base[i]) ** 2;
  }
  const meanSquare = Math.max(levels / 255 ** 2, values) / changed.length;
  if (meanSquare <= limit) return true;
  pull(base, changed, 0, changed.length, 0.999 * Math.sqrt(limit / meanSquare));
  return false;
}

/** Leaves `share` of the change of the values from `start` to `end`. */
function pull(
  base: ArrayLike<number>,
  changed: Float32Array,
  start: number,
  end: number,
  share: number,
): void {
  for (let i = start; i < end; i++) changed[i] = base[i] + share * (changed[i] - base[i]);
}
