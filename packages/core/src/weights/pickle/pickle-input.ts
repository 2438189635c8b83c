import { WeightFormatError } from '../../errors';
import { type ByteSource, readExactly } from '../byte-source';

const WINDOW = 64 * 1024;

/** Longer strings and bytes objects stay in the file. */
export const INLINE_LIMIT = 4096;

const endsEarly = () =>
  new WeightFormatError('The pickle ends in the middle of an instruction. It is cut off.');

/** Reads a source from front to back through a window; long payloads are skipped, not read. */
export class PickleInput {
  readonly source: ByteSource;
  /** Where in the source the next byte is. */
  position: number;
  #window: Uint8Array = new Uint8Array(0);
  #view = new DataView(this.#window.buffer);
  #windowStart = 0;

  constructor(source: ByteSource, start: number) {
    this.source = source;
    this.position = start;
  }

  /** True when fewer than `count` bytes can be had without {@link fill}. */
  lacks(count: number): boolean {
    const at = this.position - this.#windowStart;
    return at < 0 || at + count > this.#window.length;
  }

  /** Loads the window, so that up to `count` bytes can be had as far as the source has them. */
  async fill(count: number): Promise<void> {
    const length = Math.min(Math.max(count, WINDOW), this.source.size - this.position);
    const atEnd = this.#windowStart + this.#window.length === this.source.size;
    if (length <= 0 || (atEnd && this.position >= this.#windowStart)) return;
    this.#window = await readExactly(this.source, this.position, length, 'The pickle');
    this.#view = new DataView(this.#window.buffer, this.#window.byteOffset, length);
    this.#windowStart = this.position;
  }

  byte(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** A length of 8 bytes. */
  uint64(): number {
    const value = this.#view.getBigUint64(this.#advance(8), true);
    if (value > BigInt(this.source.size)) throw endsEarly();
    return Number(value);
  }

  float64(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  /** The next `length` bytes, at most {@link INLINE_LIMIT} of them. */
  async bytes(length: number): Promise<Uint8Array> {
    if (this.lacks(length)) await this.fill(length);
    const start = this.#advance(length);
    return this.#window.subarray(start, start + length);
  }

  /** Steps over `length` bytes and says where they were. */
  skip(length: number): number {
    const start = this.position;
    if (start + length > this.source.size) throw endsEarly();
    this.position += length;
    return start;
  }

  /** The rest of a line, without its end. */
  async line(): Promise<string> {
    if (this.lacks(INLINE_LIMIT)) await this.fill(INLINE_LIMIT);
    const rest = this.#window.subarray(this.position - this.#windowStart).subarray(0, INLINE_LIMIT);
    const length = rest.indexOf(0x0a);
    if (length < 0) throw new WeightFormatError('The pickle has a line without an end.');
    this.position += length + 1;
    return new TextDecoder().decode(rest.subarray(0, length));
  }

  #advance(count: number): number {
    if (this.lacks(count)) throw endsEarly();
    const start = this.position - this.#windowStart;
    this.position += count;
    return start;
  }
}
