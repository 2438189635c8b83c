import type { SampleReader } from '../imaging/sample-reader';
import type { Work } from '../solvers/work';
import { levelOf } from './levels';

/** Side of the blocks, pixels. */
const BLOCK = 8;

/**
 * What must be left of the change of each pixel, in 255ths, so that no 8×8 block of it shifts its mean by more than
 * `limit` levels in any channel: the least over the blocks that hold the pixel. Undefined where no block does.
 *
 * Blocks at every offset are looked at, by sums of columns that slide down.
 *
 * @param base reads interleaved RGB in [0, 1], laid out as `changed`
 */
export function* blockScales(
  base: SampleReader,
  changed: ArrayLike<number>,
  width: number,
  height: number,
  limit: number,
): Work<Uint8Array | undefined> {
  let scales: Uint8Array | undefined;
  const length = width * 3;
  /** Of the last eight rows, by column and channel. */
  const sums = new Int32Array(length);
  const add = (row: number, sign: 1 | -1) => {
    for (let i = 0, at = row * length; i < length; i++, at++) {
      sums[i] += sign * (levelOf(changed[at]) - levelOf(base(at)));
    }
  };
  for (let row = 0; row < height; row++) {
    add(row, 1);
    if (row >= BLOCK) add(row - BLOCK, -1);
    if (row < BLOCK - 1) continue;
    for (let left = 0; left + BLOCK <= width; left++) {
      const shift = shiftOf(sums, left);
      if (shift <= limit) continue;
      scales ??= new Uint8Array(width * height).fill(255);
      lower(scales, width, row - BLOCK + 1, left, Math.floor((255 * limit) / shift) - 1);
    }
    if ((row & 31) === 31) yield row / height;
  }
  return scales;
}

/** Of the block of columns that begins at `left`, in levels. */
function shiftOf(sums: Int32Array, left: number): number {
  let red = 0;
  let green = 0;
  let blue = 0;
  for (let i = left * 3; i < (left + BLOCK) * 3; i += 3) {
    red += sums[i];
    green += sums[i + 1];
    blue += sums[i + 2];
  }
  return Math.max(Math.abs(red), Math.abs(green), Math.abs(blue)) / BLOCK ** 2;
}

function lower(scales: Uint8Array, width: number, top: number, left: number, scale: number): void {
  for (let y = top; y < top + BLOCK; y++) {
    const end = y * width + left + BLOCK;
    for (let i = end - BLOCK; i < end; i++) {
      if (scales[i] > scale) scales[i] = Math.max(0, scale);
    }
  }
}
