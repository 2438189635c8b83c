import { type PictureRows, rowsOf } from '../imaging/picture-rows';
import type { Work } from '../solvers/work';
import type { Pixels } from './layers';
import {
  isFlatAt,
  multiLevelWork,
  nearestIndices,
  pyramid,
  type Size,
  sampleRow,
} from './multi-level';
import { type SweptRow, sweptRows } from './swept-rows';

/** Levels above this leave out what is flat, which no cut-out shows: most of a photograph. */
export const SKIP_FLAT_ABOVE = 512;

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
 * The foreground of {@link multiLevelWork} with `skipFlatAbove`, to the bit, in a sixth of its memory: the last two levels,
 * which have fifteen of sixteen pixels, are swept in bands of rows that slide down. Of the result are kept the pixels that
 * are neither opaque nor transparent; the rest is the photo, or what the level before says. Takes 6 bytes a pixel while it
 * runs and 4 afterwards, beside the photo and alpha.
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
  const options = { skipFlatAbove: SKIP_FLAT_ABOVE };
  if (Math.max(width, height) <= SKIP_FLAT_ABOVE) {
    const { foreground } = yield* multiLevelWork(pixels, alpha, width, height, options);
    return rowsOf({ width, height, channels: 3, data: foreground });
  }
  const [start, below, whole] = sizes.slice(-3) as [Size, Size, Size];
  const layers = yield* multiLevelWork(pixels, alpha, width, height, options, start);
  const photo = { pixels, alpha, width, height };
  const isSwept = (size: Size) => Math.max(size.width, size.height) > SKIP_FLAT_ABOVE;
  const ofStart = (y: number): SweptRow => ({
    y,
    foreground: layers.foreground.subarray(y * start.width * 3, (y + 1) * start.width * 3),
    background: layers.background.subarray(y * start.width * 3, (y + 1) * start.width * 3),
  });
  const before = sweptRows(photo, below, start, ofStart, isSwept(below));
  const kept = new Float32Array(below.width * below.height * 3);
  let last: SweptRow | undefined;
  /** The rows are asked for from the top. */
  const ofBelow = (y: number): SweptRow => {
    while (last === undefined || last.y < y) {
      last = before.next().value as SweptRow;
      kept.set(last.foreground, last.y * below.width * 3);
    }
    return last;
  };
  const found: FoundRow[] = [];
  for (const { y, foreground } of sweptRows(photo, whole, below, ofBelow, true)) {
    found.push(foundRow(alpha, foreground, width, height, y));
    if ((y & 31) === 31) yield 0.1 + (0.9 * y) / height;
  }
  return foundRows(kept, below, pixels, found, width, height);
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
      const columns = nearestIndices(below.width, width).map((x) => x * 3);
      const rowsBelow = nearestIndices(below.height, height);
      const colors = new Float32Array(width * 3);
      const row = new Float32Array(width * 3);
      for (let y = 0; y < height; y++) {
        sampleRow(before, rowsBelow[y] * below.width * 3, columns, 3, row, 0);
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
    for (let c = 0; c < 3; c++) mixed.push(foreground[x * 3 + c]);
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
