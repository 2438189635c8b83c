import type { PictureRows } from '../imaging/picture-rows';
import { colorDifference, mostSquaredDifference } from '../metrics/color-difference';
import { labPlace, keptLabs as labs } from '../metrics/lab-color';
import { meanSquareOf } from '../metrics/psnr-of';
import { finishInSlices, type Work } from '../solvers/work';
import { BlockScales } from './block-shift';
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

/** {@link boundedRows}, letting the event loop turn; what no bound is set to stays as it is. */
export async function boundedChange(
  base: PictureRows,
  changed: PictureRows,
  bounds: ChangeBounds,
  signal?: AbortSignal,
): Promise<PictureRows> {
  if (!hasBounds(bounds)) return changed;
  const work = boundedRows(base, changed, bounds);
  return await finishInSlices(work, { operation: 'Enhancement', ...(signal && { signal }) });
}

/** Each round cuts what is over; the bounds disturb each other a little, so that two or three are needed. */
export const ROUNDS = 16;
/** Rounding to levels is no straight line: later rounds cut this much more than needed, each. */
export const EAGERNESS = 0.02;
/** Rows between two turns of the event loop. */
const PIECE = 32;
/** Steps of one level, in any direction from any colour, are below this difference (2.34 at most, near (25, 25, 25)). */
const ONE_LEVEL = 2.5;

/** What one round takes back. */
interface Round {
  /** Rows of which a pixel is over the colour difference. */
  readonly colors: Uint8Array;
  readonly maxColorDifference: number;
  readonly blocks: BlockScales | undefined;
  readonly eager: number;
  /** What is left of the change everywhere. */
  share: number;
}

/** A row of the changed picture, and the same of what it was made from; the next row overwrites both. */
interface ChangedRow {
  readonly before: Float32Array;
  readonly now: Float32Array;
}

/**
 * Takes a change back where it is too large to go unseen: pixel by pixel for the colour difference, around each block for
 * its shift, everywhere for the PSNR. The rest of the change stays. Both pictures are rounded to 8 bits to be compared, as
 * files and screens do, so that what is written satisfies the bounds. The same input gives the same bytes.
 *
 * Nothing of the size of the picture is kept: the result is made anew whenever its rows are read, from what the rounds
 * found. Of a photo of 48 megapixels the floats alone would take 576 MB for as long as anybody holds the result.
 *
 * @param base RGB in [0, 1]. @param changed of its size, in [0, 1]; both are read again whenever the result is
 */
export function* boundedRows(
  base: PictureRows,
  changed: PictureRows,
  { maxBlockShift, maxColorDifference, minPsnr }: ChangeBounds,
): Work<PictureRows> {
  const { width, height } = changed;
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const eager = 1 - EAGERNESS * round;
    const blocks = maxBlockShift > 0 ? new BlockScales(width, maxBlockShift) : undefined;
    const colors = new Uint8Array(height);
    // As far as no block is over, which is seldom, one reading tells all.
    const excess = new MeanSquareExcess(minPsnr);
    let y = 0;
    for (const { before, now } of afterRounds(base, changed, rounds)) {
      if (boundColors(before, now, maxColorDifference)) colors[y] = 1;
      blocks?.add(before, now);
      if (minPsnr > 0) excess.add(before, now);
      if ((++y & (PIECE - 1)) === 0) yield y / height;
    }
    const found: Round = {
      colors,
      maxColorDifference,
      blocks: blocks?.any ? blocks : undefined,
      eager,
      share: 1,
    };
    rounds.push(found);
    let over = excess.value;
    if (found.blocks !== undefined && minPsnr > 0) {
      over = (yield* excessAfter(base, changed, rounds, minPsnr)).value;
    }
    if (over > 1) found.share = (0.999 * eager) / Math.sqrt(over);
    else if (found.blocks === undefined) {
      return {
        width,
        height,
        channels: 3,
        *rows() {
          for (const { now } of afterRounds(base, changed, rounds)) yield now;
        },
      };
    }
  }
  // Never seen, as each round leaves less. The picture that was not changed satisfies every bound.
  return base;
}

function* excessAfter(
  base: PictureRows,
  changed: PictureRows,
  rounds: readonly Round[],
  minPsnr: number,
): Work<MeanSquareExcess> {
  const excess = new MeanSquareExcess(minPsnr);
  let y = 0;
  for (const { before, now } of afterRounds(base, changed, rounds)) {
    excess.add(before, now);
    if ((++y & (PIECE - 1)) === 0) yield y / changed.height;
  }
  return excess;
}

/** The rows of `changed` after some rounds. */
function* afterRounds(
  base: PictureRows,
  changed: PictureRows,
  rounds: readonly Round[],
): Generator<ChangedRow, void, void> {
  const befores = base.rows()[Symbol.iterator]();
  const now = new Float32Array(changed.width * 3);
  let y = 0;
  for (const row of changed.rows()) {
    const before = befores.next().value as Float32Array;
    now.set(row);
    for (const { colors, maxColorDifference, blocks, eager, share } of rounds) {
      if (colors[y] === 1) boundColors(before, now, maxColorDifference);
      const scales = blocks?.rows[y];
      if (scales !== undefined) pullBlocks(before, now, scales, eager);
      if (share !== 1) pull(before, now, 0, now.length, share);
    }
    yield { before, now };
    y++;
  }
}

/** Takes back what is over the limit. @returns whether a pixel was over */
export function boundColors(before: Float32Array, now: Float32Array, limit: number): boolean {
  if (limit === 0) return false;
  let any = false;
  for (let i = 0; i < now.length; i += 3) {
    if (now[i] === before[i] && now[i + 1] === before[i + 1] && now[i + 2] === before[i + 2]) {
      continue;
    }
    let difference = differenceAt(before, now, i, limit);
    for (let attempt = 0; difference > limit; attempt++) {
      any = true;
      pull(before, now, i, i + 3, attempt < 8 ? (0.98 * limit) / difference : 0);
      difference = differenceAt(before, now, i, limit);
    }
  }
  return any;
}

/** 0 where the colours are too near each other to exceed `limit`. */
function differenceAt(before: Float32Array, now: Float32Array, i: number, limit: number): number {
  const r = levelOf(before[i]);
  const g = levelOf(before[i + 1]);
  const b = levelOf(before[i + 2]);
  const R = levelOf(now[i]);
  const G = levelOf(now[i + 1]);
  const B = levelOf(now[i + 2]);
  const step = Math.max(Math.abs(R - r), Math.abs(G - g), Math.abs(B - b));
  if (step === 0 || (step === 1 && limit >= ONE_LEVEL)) return 0;
  const p = labPlace(r, g, b);
  const L = labs[p];
  const x = labs[p + 1];
  const y = labs[p + 2];
  const q = labPlace(R, G, B);
  // A hair below, for what rounding adds.
  const most = mostSquaredDifference(labs[q] - L, labs[q + 1] - x, labs[q + 2] - y);
  if (most < 0.9999 * limit * limit) return 0;
  return colorDifference([L, x, y], [labs[q], labs[q + 1], labs[q + 2]]);
}

/** How often the mean square of a change, rounded or not, holds that of a PSNR. */
export class MeanSquareExcess {
  readonly #allowed: number;
  #levels = 0;
  #values = 0;
  #count = 0;

  constructor(minPsnr: number) {
    this.#allowed = meanSquareOf(minPsnr);
  }

  add(before: Float32Array, now: Float32Array): void {
    let levels = this.#levels;
    let values = this.#values;
    for (let i = 0; i < now.length; i++) {
      levels += (levelOf(now[i]) - levelOf(before[i])) ** 2;
      values += (now[i] - before[i]) ** 2;
    }
    this.#levels = levels;
    this.#values = values;
    this.#count += now.length;
  }

  get value(): number {
    if (this.#count === 0) return 0;
    return Math.max(this.#levels / 255 ** 2, this.#values) / this.#count / this.#allowed;
  }
}

/** Leaves of the change of each pixel of a row what the blocks around it allow, in 255ths, times `eager`. */
export function pullBlocks(
  before: Float32Array,
  now: Float32Array,
  scales: Uint8Array,
  eager: number,
): void {
  for (let x = 0; x < scales.length; x++) {
    if (scales[x] < 255) pull(before, now, 3 * x, 3 * x + 3, (eager * scales[x]) / 255);
  }
}

/** Leaves `share` of the change of the values from `start` to `end`. */
export function pull(
  before: Float32Array,
  now: Float32Array,
  start: number,
  end: number,
  share: number,
): void {
  for (let i = start; i < end; i++) now[i] = before[i] + share * (now[i] - before[i]);
}
