import type { FloatImage } from '../contracts';
import { type Picture, pictureOfRows, rowsOf } from './picture-rows';

/** Runs that are shorter are cheaper value by value. */
const LEAST_RUN = 4;

/** A row: how many values are given one by one and how often the next is repeated, in turns; and the values. */
interface PackedRow {
  readonly counts: Uint32Array;
  readonly values: Float32Array;
}

/**
 * The same picture to the bit, with values that repeat along a row kept once. A matte is nothing and one nearly everywhere:
 * of 64 MB of floats a few are left. The pixels are made again when `data` is read first.
 */
export function packedPicture(picture: Picture): FloatImage {
  // In a frame of its own: what is kept must not hold the floats.
  return unpacked(picture, packedRows(picture));
}

const packedRows = (picture: Picture): PackedRow[] => Array.from(rowsOf(picture).rows(), packedRow);

function unpacked(
  { width, height, channels }: Pick<FloatImage, 'width' | 'height' | 'channels'>,
  packed: readonly PackedRow[],
): FloatImage {
  const length = width * channels;
  const found = new Float32Array(length);
  return pictureOfRows({
    width,
    height,
    channels,
    row(y) {
      unpackInto(found, packed[y]);
      return found;
    },
    *rows() {
      const row = new Float32Array(length);
      for (const each of packed) {
        unpackInto(row, each);
        yield row;
      }
    },
  });
}

function packedRow(row: Float32Array): PackedRow {
  const counts: number[] = [];
  const values: number[] = [];
  let given = 0;
  for (let at = 0; at < row.length; ) {
    let end = at + 1;
    // NaN, and zeros of either sign, are other values by their bits.
    while (end < row.length && Object.is(row[end], row[at])) end++;
    if (end - at < LEAST_RUN) {
      for (; at < end; at++, given++) values.push(row[at]);
      continue;
    }
    counts.push(given, end - at);
    values.push(row[at]);
    given = 0;
    at = end;
  }
  if (given > 0) counts.push(given, 0);
  return { counts: Uint32Array.from(counts), values: Float32Array.from(values) };
}

function unpackInto(row: Float32Array, { counts, values }: PackedRow): void {
  let at = 0;
  let taken = 0;
  for (let i = 0; i < counts.length; i += 2) {
    const given = counts[i];
    const repeats = counts[i + 1];
    row.set(values.subarray(taken, taken + given), at);
    at += given;
    taken += given;
    if (repeats === 0) continue;
    row.fill(values[taken++], at, at + repeats);
    at += repeats;
  }
}
