import { sameValues } from '../imaging/same-values';
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
  /** Row after the last one that was moved: the sums are all 0 from eight rows on. */
  #quiet = 0;

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
    const [still, width] = [this.#quiet, this.#width];
    if (!sameValues(base, changed)) this.#quiet = this.#row + 1;
    this.#row++;
    // Nothing moved in these rows, nor in the one that leaves the block.
    if (still + BLOCK < this.#row && this.#quiet === still) return;
    for (let i = 0; i < sums.length; i++) {
      const before = base[i];
      const after = changed[i];
      const now = before === after ? 0 : levelOf(after) - levelOf(before);
      sums[i] += now - moved[i];
      moved[i] = now;
    }
    if (this.#row < BLOCK || width < BLOCK) return;
    const most = this.#limit * BLOCK ** 2;
    let red = 0;
    let green = 0;
    let blue = 0;
    for (let i = 0; i < (BLOCK - 1) * 3; i += 3) {
      red += sums[i];
      green += sums[i + 1];
      blue += sums[i + 2];
    }
    // Whole numbers: a sum that slides along is the very sum of its block.
    for (let left = 0, i = 0; left + BLOCK <= width; left++, i += 3) {
      const last = i + (BLOCK - 1) * 3;
      red += sums[last];
      green += sums[last + 1];
      blue += sums[last + 2];
      if (
        red > most ||
        red < -most ||
        green > most ||
        green < -most ||
        blue > most ||
        blue < -most
      ) {
        const shift = Math.max(Math.abs(red), Math.abs(green), Math.abs(blue)) / BLOCK ** 2;
        this.#lower(left, Math.floor((255 * this.#limit) / shift) - 1);
      }
      red -= sums[i];
      green -= sums[i + 1];
      blue -= sums[i + 2];
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
