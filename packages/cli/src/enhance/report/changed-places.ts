import type { FloatImage } from '@latent-matte/backend-node';
import { croppedRows, readRows, rowsOf } from '@latent-matte/core/internal';

/** A square part of a picture. */
export interface Place {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

/** Mean change of alpha below which a place is not worth looking at. */
const LEAST = 0.002;

/**
 * The squares in which two mattes differ most, without overlap, most changed first.
 *
 * @param count at most this many
 */
export function changedPlaces(before: FloatImage, after: FloatImage, count: number): Place[] {
  const { width, height } = before;
  const side = Math.max(1, Math.round(Math.min(width, height) / 5));
  const stride = Math.max(1, Math.floor(side / 4));
  const at = summedChanges(before, after, side, stride);
  const candidates: (Place & { readonly change: number })[] = [];
  for (let top = 0; top + side <= height; top += stride) {
    for (let left = 0; left + side <= width; left += stride) {
      const [right, bottom] = [left + side, top + side];
      const change = at(right, bottom) - at(left, bottom) - at(right, top) + at(left, top);
      if (change >= LEAST * side * side) candidates.push({ left, top, side, change });
    }
  }
  candidates.sort((a, b) => b.change - a.change);
  const chosen: Place[] = [];
  for (const { left, top } of candidates) {
    if (chosen.length === count) break;
    const apart = chosen.every(
      (other) => Math.abs(other.left - left) >= side || Math.abs(other.top - top) >= side,
    );
    if (apart) chosen.push({ left, top, side });
  }
  return chosen;
}

/**
 * The sum of |Δα| above and left of a corner. Of the summed-area table are kept the lines on which a square begins or
 * ends: the whole would be the largest thing of a photo's report.
 */
function summedChanges(
  before: FloatImage,
  after: FloatImage,
  side: number,
  stride: number,
): (x: number, y: number) => number {
  const { width, height } = before;
  const [columns, rows] = [width, height].map((length) => linesOf(length, side, stride)) as [
    Map<number, number>,
    Map<number, number>,
  ];
  const sums = new Float64Array(columns.size * rows.size);
  /** Of the rows so far, left of each kept line. */
  const above = new Float64Array(columns.size);
  const others = rowsOf(after).rows()[Symbol.iterator]();
  let y = 0;
  for (const row of rowsOf(before).rows()) {
    const other = others.next().value as Float32Array;
    let left = 0;
    for (let x = 0; x < width; x++) {
      left += Math.abs(row[x]! - other[x]!);
      const line = columns.get(x + 1);
      if (line !== undefined) above[line]! += left;
    }
    y++;
    const line = rows.get(y);
    if (line !== undefined) sums.set(above, line * columns.size);
  }
  return (x, y) => sums[rows.get(y)! * columns.size + columns.get(x)!]!;
}

/** Where squares begin and end along a side, each with its number. */
function linesOf(length: number, side: number, stride: number): Map<number, number> {
  const lines = new Set<number>([0]);
  for (let start = 0; start + side <= length; start += stride) {
    lines.add(start);
    lines.add(start + side);
  }
  return new Map([...lines].map((line, i) => [line, i]));
}

/** That part of a picture. */
export function cropped(image: FloatImage, { left, top, side }: Place): FloatImage {
  return readRows(croppedRows(image, { left, top, width: side, height: side }));
}
