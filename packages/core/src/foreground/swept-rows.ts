import type { RowAt } from '../imaging/picture-rows';
import type { Pixels } from './layers';
import {
  type Level,
  nearestIndices,
  readRow,
  resolveMultiLevel,
  type Size,
  sampleColors,
  sampleOpacities,
  sweepRow,
} from './multi-level';

/** Opacities of a row and of those beside it; at the ends the row itself. */
export interface Opacities {
  readonly above: Float32Array;
  readonly own: Float32Array;
  readonly below: Float32Array;
}

/** Rows in memory at a time beside those that are swept. */
const BAND = 64;

/** A row of a level that no sweep changes any more. Valid until the next one is asked for. */
export interface SweptRow {
  readonly y: number;
  readonly foreground: Float32Array;
  readonly background: Float32Array;
}

/** With the matte at the size of the level. */
export interface SweptMatteRow extends SweptRow {
  readonly opacities: Opacities;
}

/**
 * One level of `multiLevelWork` in a band of rows that slides down: the rows of the finished level, from the top.
 *
 * @param from size of the level before
 * @param rowOf a finished row of it; asked for from the top
 * @param skipFlat as in `sweepRow`
 */
export function* sweptRows(
  photo: {
    readonly pixels: Pixels;
    readonly alphaAt: RowAt;
    readonly width: number;
    readonly height: number;
  },
  { width, height }: Size,
  from: Size,
  rowOf: (y: number) => SweptRow,
  skipFlat: boolean,
): Generator<SweptMatteRow, void, void> {
  const { regularization, sweepsAt } = resolveMultiLevel({});
  const sweeps = sweepsAt({ width, height });
  const [columns, rows] = [
    nearestIndices(photo.width, width),
    nearestIndices(photo.height, height),
  ];
  const columnsBefore = nearestIndices(from.width, width).map((x) => x * 3);
  const rowsBefore = nearestIndices(from.height, height);
  const line = width * 3;
  // The rows that some sweep may still read or write, from `first` on.
  const capacity = BAND + sweeps + 2;
  const foreground = new Float32Array(capacity * line);
  const background = new Float32Array(capacity * line);
  const matte = new Float32Array(capacity * width);
  const colors = new Float32Array(line);
  let first = 0;
  let filled = 0;
  for (let y = 0; y < height + sweeps - 1; y++) {
    if (y + 2 - first > capacity) {
      const start = y - sweeps;
      foreground.copyWithin(0, (start - first) * line);
      background.copyWithin(0, (start - first) * line);
      matte.copyWithin(0, (start - first) * width);
      first = start;
    }
    for (; filled < Math.min(y + 2, height); filled++) {
      const before = rowOf(rowsBefore[filled]);
      const at = (filled - first) * line;
      sampleColors(before.foreground, 0, columnsBefore, foreground, at);
      sampleColors(before.background, 0, columnsBefore, background, at);
      sampleOpacities(photo.alphaAt(rows[filled]), columns, matte, (filled - first) * width);
    }
    const level: Level = { width, height: height - first, foreground, background };
    // A sweep is a row behind the one before it, so that each row is changed in the order of whole sweeps.
    for (let sweep = 0; sweep < sweeps; sweep++) {
      const row = y - sweep;
      if (row < 0 || row >= height) continue;
      readRow(photo.pixels, rows[row] * photo.width, columns, colors);
      sweepRow(colors, matte, level, row - first, regularization, skipFlat);
    }
    const done = y - sweeps + 1;
    if (done < 0) continue;
    const at = (done - first) * line;
    const opacitiesAt = (row: number) =>
      matte.subarray((row - first) * width, (row - first + 1) * width);
    yield {
      y: done,
      foreground: foreground.subarray(at, at + line),
      background: background.subarray(at, at + line),
      opacities: {
        above: opacitiesAt(Math.max(0, done - 1)),
        own: opacitiesAt(done),
        below: opacitiesAt(Math.min(height - 1, done + 1)),
      },
    };
  }
}
