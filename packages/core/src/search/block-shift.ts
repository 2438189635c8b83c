import { levelOf } from './levels';

/** Side of the blocks, pixels. */
const BLOCK = 8;

/**
 * What must be left of the change of each pixel, in 255ths, so that no 8×8 block of it shifts its mean by more than
 * `limit` levels in any channel: the least over the blocks that hold the pixel. Undefined where no block does.
 *
 * Blocks at every offset are looked at, by sums of columns that slide down and across.
 *
 * @param base interleaved RGB in [0, 1], as `changed`
 */
export function blockScales(
  base: ArrayLike<number>,
  changed: ArrayLike<number>,
  width: number,
  height: number,
  limit: number,
): Uint8Array | undefined {
  let scales: Uint8Array | undefined;
  forEachBlockRow(base, changed, width, height, (top, sums) => {
    for (let left = 0; left + BLOCK <= width; left++) {
      const shift = blockShift(sums, left);
      if (shift <= limit) continue;
      scales ??= new Uint8Array(width * height).fill(255);
      lower(scales, width, top, left, Math.floor((255 * limit) / shift) - 1);
    }
  });
  return scales;
}

/** The largest shift of the mean of an 8×8 block, in levels of 255, over all channels. */
export function largestBlockShift(
  base: ArrayLike<number>,
  changed: ArrayLike<number>,
  width: number,
  height: number,
): number {
  let largest = 0;
  forEachBlockRow(base, changed, width, height, (_, sums) => {
    for (let left = 0; left + BLOCK <= width; left++) {
      largest = Math.max(largest, blockShift(sums, left));
    }
  });
  return largest;
}

/** @param visit told the first row, and the sums of its eight rows by column and channel */
function forEachBlockRow(
  base: ArrayLike<number>,
  changed: ArrayLike<number>,
  width: number,
  height: number,
  visit: (top: number, sums: Int32Array) => void,
): void {
  const length = width * 3;
  const sums = new Int32Array(length);
  const add = (row: number, sign: 1 | -1) => {
    for (let i = 0, at = row * length; i < length; i++, at++) {
      sums[i] += sign * (levelOf(changed[at]) - levelOf(base[at]));
    }
  };
  for (let row = 0; row < height; row++) {
    add(row, 1);
    if (row >= BLOCK) add(row - BLOCK, -1);
    if (row >= BLOCK - 1) visit(row - BLOCK + 1, sums);
  }
}

function blockShift(sums: Int32Array, left: number): number {
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
    for (let i = y * width + left; i < y * width + left + BLOCK; i++) {
      if (scales[i] > scale) scales[i] = Math.max(0, scale);
    }
  }
}
