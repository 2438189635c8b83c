import { levelOf } from './levels';

/** Side of the blocks, pixels. */
const BLOCK = 8;

/**
 * What must be left of the change of each pixel, in 255ths, so that no 8×8 block of it shifts its mean by more than a
 * limit in any channel: the least over the blocks that hold the pixel.
 *
 * Blocks at every offset are looked at, by sums of columns that slide down as the rows of the picture come.
 */
export class BlockScales {
  /** By row; absent where nothing need be taken back. Complete after the last row. */
  readonly rows: (Uint8Array | undefined)[] = [];
  /** Whether any block is over the limit. */
  any = false;
  readonly #width: number;
  readonly #limit: number;
  /** Of the last eight rows, by column and channel. */
  readonly #sums: Int32Array;
  /** Those rows: changed less base, in levels. */
  readonly #last: Int16Array[];
  #row = 0;

  /** @param limit levels of 255 */
  constructor(width: number, limit: number) {
    this.#width = width;
    this.#limit = limit;
    this.#sums = new Int32Array(width * 3);
    this.#last = Array.from({ length: BLOCK }, () => new Int16Array(width * 3));
  }

  /** The next row from the top. @param base, changed interleaved RGB in [0, 1] */
  add(base: Float32Array, changed: Float32Array): void {
    const sums = this.#sums;
    const moved = this.#last[this.#row % BLOCK];
    for (let i = 0; i < sums.length; i++) {
      const now = levelOf(changed[i]) - levelOf(base[i]);
      sums[i] += now - moved[i];
      moved[i] = now;
    }
    this.#row++;
    if (this.#row < BLOCK) return;
    for (let left = 0; left + BLOCK <= this.#width; left++) {
      const shift = shiftOf(sums, left);
      if (shift > this.#limit) this.#lower(left, Math.floor((255 * this.#limit) / shift) - 1);
    }
  }

  #lower(left: number, scale: number): void {
    this.any = true;
    for (let y = this.#row - BLOCK; y < this.#row; y++) {
      this.rows[y] ??= new Uint8Array(this.#width).fill(255);
      const row = this.rows[y]!;
      for (let x = left; x < left + BLOCK; x++) {
        if (row[x] > scale) row[x] = Math.max(0, scale);
      }
    }
  }
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
