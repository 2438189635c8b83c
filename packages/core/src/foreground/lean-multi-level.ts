import { type PictureRows, type RowAt, rowsOf } from '../imaging/picture-rows';
import type { Work } from '../solvers/work';
import type { Pixels } from './layers';
import {
  multiLevelWork,
  nearestIndices,
  pyramid,
  readRow,
  type Size,
  sampleColors,
} from './multi-level';
import { type SweptMatteRow, type SweptRow, sweptRows } from './swept-rows';

/** Levels above this leave out what is flat, which no cut-out shows: most of a photograph. */
export const SKIP_FLAT_ABOVE = 512;

/** What a level found in one row: the kinds of its pixels in runs, and the colours of the mixed ones. */
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
 * which have fifteen of sixteen pixels, are swept in bands of rows that slide down. Of their result are kept the pixels that
 * are neither opaque nor transparent; the rest is the photo, or what the level before says. Takes 3 bytes a pixel while it
 * runs and 1 afterwards, beside the photo.
 *
 * @param pixels read again whenever the rows are
 * @param alphaAt in any order
 */
export function* leanForegroundWork(
  pixels: Pixels,
  alphaAt: RowAt,
  width: number,
  height: number,
): Work<PictureRows> {
  const sizes = pyramid(width, height);
  const options = { skipFlatAbove: SKIP_FLAT_ABOVE };
  if (Math.max(width, height) <= SKIP_FLAT_ABOVE) {
    const { foreground } = yield* multiLevelWork(pixels, alphaAt, width, height, options);
    return rowsOf({ width, height, channels: 3, data: foreground });
  }
  const [start, below, whole] = sizes.slice(-3) as [Size, Size, Size];
  const layers = yield* multiLevelWork(pixels, alphaAt, width, height, options, start);
  const photo = { pixels, alphaAt, width, height };
  const isSwept = Math.max(below.width, below.height) > SKIP_FLAT_ABOVE;
  const ofStart = (y: number): SweptRow => ({
    y,
    foreground: layers.foreground.subarray(y * start.width * 3, (y + 1) * start.width * 3),
    background: layers.background.subarray(y * start.width * 3, (y + 1) * start.width * 3),
  });
  const before = sweptRows(photo, below, start, ofStart, isSwept);
  const foundBelow: FoundRow[] = [];
  let last: SweptMatteRow | undefined;
  /** The rows are asked for from the top. */
  const ofBelow = (y: number): SweptRow => {
    while (last === undefined || last.y < y) {
      last = before.next().value as SweptMatteRow;
      foundBelow.push(foundRow(last, isSwept));
    }
    return last;
  };
  const found: FoundRow[] = [];
  for (const row of sweptRows(photo, whole, below, ofBelow, true)) {
    found.push(foundRow(row, true));
    if ((row.y & 31) === 31) yield 0.1 + (0.9 * row.y) / height;
  }
  const levels = [
    { ...start, foreground: layers.foreground },
    { ...below, found: foundBelow },
    { ...whole, found },
  ] as const;
  return foundRows(pixels, ...levels);
}

/** A level of which the mixed pixels are kept. */
type FoundLevel = Size & { readonly found: readonly FoundRow[] };

/** Apart from the work: what that needed besides is freed with it. */
function foundRows(
  pixels: Pixels,
  start: Size & { readonly foreground: Float32Array },
  below: FoundLevel,
  whole: FoundLevel,
): PictureRows {
  const { width, height } = whole;
  return {
    width,
    height,
    channels: 3,
    *rows() {
      const columns = nearestIndices(below.width, width).map((x) => x * 3);
      const rowsBelow = nearestIndices(below.height, height);
      const belowAt = levelAbove(pixels, start, below, whole);
      const colors = new Float32Array(width * 3);
      const row = new Float32Array(width * 3);
      for (let y = 0; y < height; y++) {
        sampleColors(belowAt(rowsBelow[y]), 0, columns, row, 0);
        readColors(pixels, y * width, colors);
        layFound(whole.found[y], colors, row);
        yield row;
      }
    },
  };
}

/** The rows of the level before the last; the one that was asked for last is kept. */
function levelAbove(
  pixels: Pixels,
  start: Size & { readonly foreground: Float32Array },
  below: FoundLevel,
  whole: Size,
): RowAt {
  const columns = nearestIndices(start.width, below.width).map((x) => x * 3);
  const rows = nearestIndices(start.height, below.height);
  const columnsOfPhoto = nearestIndices(whole.width, below.width);
  const rowsOfPhoto = nearestIndices(whole.height, below.height);
  const colors = new Float32Array(below.width * 3);
  const row = new Float32Array(below.width * 3);
  let kept = -1;
  return (y) => {
    if (y === kept) return row;
    kept = y;
    sampleColors(start.foreground, rows[y] * start.width * 3, columns, row, 0);
    readRow(pixels, rowsOfPhoto[y] * whole.width, columnsOfPhoto, colors);
    layFound(below.found[y], colors, row);
    return row;
  };
}

function readColors({ data, scale }: Pixels, pixel: number, into: Float32Array): void {
  for (let i = 0, at = pixel * 3; i < into.length; i++) into[i] = data[at++] * scale;
}

/** @param skipsFlat whether the level left out what is flat */
function foundRow(
  { foreground, opacities: { above, own, below } }: SweptMatteRow,
  skipsFlat: boolean,
): FoundRow {
  const runs: number[] = [];
  const mixed: number[] = [];
  let [kind, length] = [-1, 0];
  const last = own.length - 1;
  for (let x = 0; x <= last; x++) {
    const a = own[x];
    const isFlat =
      skipsFlat &&
      (a === 0 || a === 1) &&
      above[x] === a &&
      below[x] === a &&
      own[x > 0 ? x - 1 : x] === a &&
      own[x < last ? x + 1 : x] === a;
    const now = !isFlat ? MIXED : a === 1 ? SHOWN : HIDDEN;
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

/** Lays what a level found over the row of the level before. */
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
