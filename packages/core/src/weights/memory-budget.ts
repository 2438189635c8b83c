import { WeightFormatError } from '../errors';

/** Beyond twice the file itself: expanded (stride 0) and transposed tensors of small files. */
const ALLOWANCE = 64 * 2 ** 20;

/** A second or two, and about 200 MB. A whole StyleGAN2-ADA pickle takes about 300,000. */
const MAX_WORK = 8_000_000;

/**
 * How many bytes a reader may allocate for the tensors of one file. An honest file needs its own size, and a
 * copy of the tensors that are not contiguous; a hostile one names the same bytes a million times, or repeats
 * four of them into terabytes.
 */
export class MemoryBudget {
  readonly #limit: number;
  #used = 0;
  #work = 0;

  constructor(fileSize: number) {
    this.#limit = 2 * fileSize + ALLOWANCE;
  }

  /** Call before allocating. @throws WeightFormatError when the file asks for more than it may */
  take(bytes: number, what: string): void {
    if (!(bytes >= 0) || this.#used + bytes > this.#limit) {
      throw new WeightFormatError(
        `${what} would take ${bytes} bytes; this file may fill ${this.#limit - this.#used} more. It repeats its data, or is made to fill the memory.`,
        'Save the tensors contiguously (`tensor.contiguous()`) and without duplicates.',
      );
    }
    this.#used += bytes;
  }

  /**
   * Counts what a few bytes of a pickle make of each other: instructions, objects, items copied. One for the whole
   * file, so that files inside the file share it.
   * @throws WeightFormatError far beyond what a checkpoint needs
   */
  work(units: number): void {
    this.#work += units;
    if (this.#work > MAX_WORK) {
      throw new WeightFormatError(
        'The checkpoint repeats its objects more often than weights need.',
        'Save only the state_dict of the network.',
      );
    }
  }
}
