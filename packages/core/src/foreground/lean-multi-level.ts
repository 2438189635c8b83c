import { type PictureRows, rowsOf } from '../imaging/picture-rows';
import type { Work } from '../solvers/work';
import type { Pixels } from './layers';
import {
  isFlatAt,
  type Level,
  multiLevelWork,
  pyramid,
  resolveMultiLevel,
  rowSampler,
  type Size,
  sweepRow,
} from './multi-level';

/** Levels above this leave out what is flat, which no cut-out shows: most of a photograph. */
export const SKIP_FLAT_ABOVE = 512;

/** Rows in memory at a time beside those that are swept. */
const BAND = 64;

/** What the last level found in one row: the kinds of its pixels in runs, and the colours of the mixed ones. */
interface FoundRow {
  /** Length × 4 + kind. */
  readonly runs: Uint32Array;
  readonly mixed: Float32Array;
}

const HIDDEN = 0;
const SHOWN = 1;
const MIXED = 2;

/**
 * The foreground of {@link multiLevelWork} with `skipFlatAbove`, to the bit, in a quarter of its memory: the last level,
 * which has three quarters of all pixels, is swept in a band of rows that slides down. Of its result are kept the pixels
 * that are neither opaque nor transparent; the rest is the photo, or what the level before says. Takes 12 bytes a pixel
 * while it runs and 4 afterwards, beside the photo and alpha.
 *
 * @param pixels read again whenever the rows are
 */
export function* leanForegroundWork(
  pixels: Pixels,
  alpha: Float32Array,
  width: number,
  height: number,
): Work<PictureRows> {
  const sizes = pyramid(width, height);
  const below = sizes.at(-2);
  const options = { skipFlatAbove: SKIP_FLAT_ABOVE };
  if (below === undefined || Math.max(width, height) <= SKIP_FLAT_ABOVE) {
    const { foreground } = yield* multiLevelWork(pixels, alpha, width, height, options);
    return rowsOf({ width, height, channels: 3, data: foreground });
  }
  const before = yield* multiLevelWork(pixels, alpha, width, height, options, below);
  const { regularization, sweepsAt } = resolveMultiLevel({});
  const sweeps = sweepsAt({ width, height });
  const line = width * 3;
  // The rows that some sweep may still read or write, from `first` on.
  const capacity = BAND + sweeps + 2;
  const foreground = new Float32Array(capacity * line);
  const background = new Float32Array(capacity * line);
  const colors = new Float32Array(line);
  const found: FoundRow[] = [];
  const sample = rowSampler(below, { width, height });
  let first = 0;
  let filled = 0;
  const fillTo = (end: number): void => {
    for (; filled < Math.min(end, height); filled++) {
      const at = (filled - first) * line;
      sample(before.foreground, filled, foreground, at);
      sample(before.background, filled, background, at);
    }
  };
  for (let y = 0; y < height + sweeps - 1; y++) {
    if (y + 2 - first > capacity) {
      const from = y - sweeps;
      foreground.copyWithin(0, (from - first) * line);
      background.copyWithin(0, (from - first) * line);
      first = from;
    }
    fillTo(y + 2);
    const level: Level = { width, height: height - first, foreground, background };
    const matte = alpha.subarray(first * width);
    // A sweep is a row behind the one before it, so that each row is changed in the order of whole sweeps.
    for (let sweep = 0; sweep < sweeps; sweep++) {
      const row = y - sweep;
      if (row < 0 || row >= height) continue;
      readColors(pixels, row * width, colors);
      sweepRow(colors, matte, level, row - first, regularization, true);
    }
    const done = y - sweeps + 1;
    if (done >= 0)
      found.push(foundRow(alpha, foreground, (done - first) * line, width, height, done));
    if ((y & 63) === 63) yield 0.25 + (0.75 * y) / (height + sweeps);
  }
  return foundRows(before.foreground, below, pixels, found, width, height);
}

/** Apart from the work: what that needed besides is freed with it. */
function foundRows(
  before: Float32Array,
  below: Size,
  pixels: Pixels,
  found: readonly FoundRow[],
  width: number,
  height: number,
): PictureRows {
  return {
    width,
    height,
    channels: 3,
    *rows() {
      const sample = rowSampler(below, { width, height });
      const colors = new Float32Array(width * 3);
      const row = new Float32Array(width * 3);
      for (let y = 0; y < height; y++) {
        sample(before, y, row, 0);
        readColors(pixels, y * width, colors);
        layFound(found[y], colors, row);
        yield row;
      }
    },
  };
}

function readColors({ data, scale }: Pixels, pixel: number, into: Float32Array): void {
  for (let i = 0, at = pixel * 3; i < into.length; i++) into[i] = data[at++] * scale;
}

function foundRow(
  alpha: Float32Array,
  foreground: Float32Array,
  at: number,
  width: number,
  height: number,
  y: number,
): FoundRow {
  const runs: number[] = [];
  const mixed: number[] = [];
  let [kind, length] = [-1, 0];
  for (let x = 0; x < width; x++) {
    const a = alpha[y * width + x];
    const now = !isFlatAt(alpha, width, height, x, y) ? MIXED : a === 1 ? SHOWN : HIDDEN;
    if (now !== kind) {
      if (length > 0) runs.push(length * 4 + kind);
      [kind, length] = [now, 0];
    }
    length++;
    if (now !== MIXED) continue;
    for (let c = 0; c < 3; c++) mixed.push(foreground[at + x * 3 + c]);
  }
  runs.push(length * 4 + kind);
  return { runs: Uint32Array.from(runs), mixed: Float32Array.from(mixed) };
}

/** Lays what the last level found over the row of the level before. */
function layFound({ runs, mixed }: FoundRow, colors: Float32Array, row: Float32Array): void {
  let at = 0;
  let taken = 0;
  for (const run of runs) {
    const end = at + (run >> 2) * 3;
    if ((run & 3) === SHOWN) row.set(colors.subarray(at, end), at);
    else if ((run & 3) === MIXED) {
      row.set(mixed.subarray(taken, taken + end - at), at);
      taken += end - at;
    }
    at = end;
  }
}
