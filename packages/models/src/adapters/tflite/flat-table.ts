import { WeightFormatError } from '@latent-matte/core';
import { ByteBuffer } from 'flatbuffers';

/**
 * What a file may make us read, as a multiple of its size. In a file of a converter nearly every byte is read once;
 * in a hostile one a million offsets lead to the same vector.
 */
const MOST_READ = 8;
/** For files of a few bytes. */
const LEAST_READ = 2 ** 12;
const MOST_TEXT = 2 ** 12;

export const damaged = () => new WeightFormatError('The TFLite file is damaged or truncated.');

/** A flatbuffer of which nothing is believed: `ByteBuffer` reads zeros beyond its end, and knows no end of work. */
export class FlatFile {
  readonly buffer: ByteBuffer;
  readonly length: number;
  #left: number;

  constructor(bytes: Uint8Array) {
    this.buffer = new ByteBuffer(bytes);
    this.length = bytes.length;
    this.#left = LEAST_READ + MOST_READ * bytes.length;
  }

  /** @throws WeightFormatError the range is not in the file */
  require(start: number, length: number): void {
    if (!(start >= 0 && length >= 0 && start + length <= this.length)) throw damaged();
  }

  /** @throws WeightFormatError more was read than an honest file makes one read */
  spend(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) {
      throw new WeightFormatError('The TFLite file leads to the same places again and again.');
    }
  }

  /** @throws WeightFormatError too short, or no table where it should be */
  root(): FlatTable {
    this.require(0, 4);
    return new FlatTable(this, this.buffer.readUint32(0));
  }

  /** The bytes from `start` on. A view. */
  slice(start: number, length: number): Uint8Array {
    this.require(start, length);
    this.spend(length);
    return this.buffer.bytes().subarray(start, start + length);
  }
}

/**
 * A table: a signed distance back to its vtable, which holds the size of both and for each slot the place of the field
 * in the table, or 0 where it is absent. Tables, strings and vectors are fields that hold a distance forward.
 *
 * Tables do not nest by themselves in the schema of TFLite, so that no reader of it recurses.
 */
export class FlatTable {
  readonly #file: FlatFile;
  readonly #at: number;
  readonly #vtable: number;
  readonly #slots: number;
  readonly #size: number;

  /** @throws WeightFormatError table or vtable are not in the file */
  constructor(file: FlatFile, at: number) {
    file.require(at, 4);
    const vtable = at - file.buffer.readInt32(at);
    file.require(vtable, 4);
    const size = file.buffer.readUint16(vtable);
    file.require(vtable, size);
    this.#size = file.buffer.readUint16(vtable + 2);
    file.require(at, Math.max(4, this.#size));
    file.spend(16);
    this.#file = file;
    this.#at = at;
    this.#vtable = vtable;
    this.#slots = (size - 4) >> 1;
  }

  byte(slot: number, fallback = 0): number {
    const at = this.#field(slot, 1);
    return at === undefined ? fallback : this.#file.buffer.readInt8(at);
  }

  int(slot: number, fallback = 0): number {
    const at = this.#field(slot, 4);
    return at === undefined ? fallback : this.#file.buffer.readInt32(at);
  }

  /** An unsigned 64-bit number, or infinity where it is beyond every file. */
  long(slot: number): number {
    const at = this.#field(slot, 8);
    if (at === undefined) return 0;
    const high = this.#file.buffer.readUint32(at + 4);
    return high >= 2 ** 20
      ? Number.POSITIVE_INFINITY
      : high * 2 ** 32 + this.#file.buffer.readUint32(at);
  }

  float(slot: number, fallback = 0): number {
    const at = this.#field(slot, 4);
    return at === undefined ? fallback : this.#file.buffer.readFloat32(at);
  }

  text(slot: number): string {
    const { start, count } = this.#vector(slot, 1) ?? { start: 0, count: 0 };
    return new TextDecoder().decode(this.#file.slice(start, Math.min(count, MOST_TEXT)));
  }

  /** A view. */
  bytes(slot: number): Uint8Array | undefined {
    const vector = this.#vector(slot, 1);
    return vector && this.#file.slice(vector.start, vector.count);
  }

  ints(slot: number): number[] | undefined {
    return this.#numbers(slot, 4, (at) => this.#file.buffer.readInt32(at));
  }

  floats(slot: number): number[] | undefined {
    return this.#numbers(slot, 4, (at) => this.#file.buffer.readFloat32(at));
  }

  /** Signed 64-bit numbers; those that do not fit are rounded. */
  longs(slot: number): number[] | undefined {
    return this.#numbers(slot, 8, (at) => Number(this.#file.buffer.readInt64(at)));
  }

  table(slot: number): FlatTable | undefined {
    const at = this.#field(slot, 4);
    return at === undefined ? undefined : this.#follow(at);
  }

  tables(slot: number): FlatTable[] {
    return this.#numbers(slot, 4, (at) => this.#follow(at)) ?? [];
  }

  #follow(at: number): FlatTable {
    return new FlatTable(this.#file, at + this.#file.buffer.readUint32(at));
  }

  #numbers<T>(slot: number, width: number, read: (at: number) => T): T[] | undefined {
    const vector = this.#vector(slot, width);
    if (vector === undefined) return undefined;
    this.#file.spend(vector.count * width);
    return Array.from({ length: vector.count }, (_, i) => read(vector.start + i * width));
  }

  #vector(slot: number, width: number): { start: number; count: number } | undefined {
    const at = this.#field(slot, 4);
    if (at === undefined) return undefined;
    const vector = at + this.#file.buffer.readUint32(at);
    this.#file.require(vector, 4);
    const count = this.#file.buffer.readUint32(vector);
    this.#file.require(vector + 4, count * width);
    return { start: vector + 4, count };
  }

  #field(slot: number, width: number): number | undefined {
    if (slot >= this.#slots) return undefined;
    const offset = this.#file.buffer.readUint16(this.#vtable + 4 + 2 * slot);
    if (offset === 0) return undefined;
    if (offset + width > this.#size) throw damaged();
    return this.#at + offset;
  }
}
