import { Inflate } from 'fflate';
import { WeightFormatError } from '../errors';
import { type ByteSource, readExactly } from './byte-source';
import type { MemoryBudget } from './memory-budget';

// The central directory is read here rather than by fflate, which wants the whole archive in memory;
// fflate inflates the rare entry that is compressed. The format (PKWARE APPNOTE 4.3):
//
//   local header | data, for each entry; then a directory entry each; then the end record
//
// All sizes come from the directory; torch writes them to local headers only after the data.

const END_BYTES = 22;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const MAX_COMMENT = 0xffff;
const MAX_DIRECTORY = 64 * 2 ** 20;
/** A deflated entry is inflated in pieces: 1 KiB in gives at most about 1 MiB out. */
const INFLATE_STEP = 1024;

const STORED = 0;
const DEFLATED = 8;

/** One file in an archive. Its name is opaque: nothing is ever written under it. */
export interface ZipEntry {
  readonly name: string;
  /** Bytes after inflating, as the directory says. */
  readonly size: number;
  readonly compressed: boolean;
}

interface Placement extends ZipEntry {
  readonly method: number;
  readonly packedSize: number;
  readonly crc: number;
  readonly headerOffset: number;
}

/** The directory of a zip file; entries are read one at a time. */
export class ZipArchive {
  readonly #source: ByteSource;
  readonly #entries: ReadonlyMap<string, Placement>;

  private constructor(source: ByteSource, entries: ReadonlyMap<string, Placement>) {
    this.#source = source;
    this.#entries = entries;
  }

  /** @throws WeightFormatError no directory, a damaged one, encryption, or zip64 */
  static async open(source: ByteSource): Promise<ZipArchive> {
    const { count, offset, size } = await readEnd(source);
    const directory = await readExactly(source, offset, size, 'The directory of the zip file');
    return new ZipArchive(source, readDirectory(directory, count));
  }

  get names(): string[] {
    return [...this.#entries.keys()];
  }

  entry(name: string): ZipEntry | undefined {
    return this.#entries.get(name);
  }

  /**
   * The content of an entry, inflated where needed.
   * @param budget charged before anything is allocated
   * @throws WeightFormatError missing, damaged, or larger than the directory says
   */
  async read(name: string, budget: MemoryBudget): Promise<Uint8Array> {
    const entry = this.#entries.get(name);
    if (entry === undefined) {
      throw new WeightFormatError(`The zip file has no entry ${JSON.stringify(name)}.`);
    }
    const label = `The zip entry ${JSON.stringify(name)}`;
    if (entry.method !== STORED && entry.method !== DEFLATED) {
      throw new WeightFormatError(
        `${label} is compressed with method ${entry.method}, which is not supported.`,
        'Save the checkpoint again with torch.save.',
      );
    }
    if (entry.method === STORED && entry.packedSize !== entry.size) {
      throw new WeightFormatError(
        `${label} claims ${entry.size} bytes, but ${entry.packedSize} are stored.`,
      );
    }
    const start = await this.#dataStart(entry, label);
    budget.take(entry.size, label);
    const packed = await readExactly(this.#source, start, entry.packedSize, label);
    return entry.method === STORED ? packed : inflate(packed, entry, label);
  }

  async #dataStart({ headerOffset }: Placement, label: string): Promise<number> {
    const bytes = await readExactly(this.#source, headerOffset, LOCAL_BYTES, label);
    const header = viewOf(bytes);
    if (header.getUint32(0, true) !== 0x04034b50) {
      throw new WeightFormatError(`${label} does not begin where the directory says.`);
    }
    return headerOffset + LOCAL_BYTES + header.getUint16(26, true) + header.getUint16(28, true);
  }
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Finds the end record, which a comment may follow. */
async function readEnd(
  source: ByteSource,
): Promise<{ count: number; offset: number; size: number }> {
  const length = Math.min(source.size, END_BYTES + MAX_COMMENT);
  const bytes = await readExactly(source, source.size - length, length, 'The end of the zip file');
  const tail = viewOf(bytes);
  for (let at = length - END_BYTES; at >= 0; at--) {
    if (tail.getUint32(at, true) !== 0x06054b50) continue;
    const count = tail.getUint16(at + 10, true);
    const size = tail.getUint32(at + 12, true);
    const offset = tail.getUint32(at + 16, true);
    if (offset === 0xffffffff || size === 0xffffffff || count === 0xffff) {
      throw new WeightFormatError(
        'This zip file is larger than 4 GiB (zip64), which is not supported.',
        'Save only the weights you need, without the state of the optimiser.',
      );
    }
    if (size > MAX_DIRECTORY || size < count * ENTRY_BYTES) {
      throw new WeightFormatError(
        `The zip file lists ${count} entries in ${size} bytes: it is damaged.`,
      );
    }
    return { count, offset, size };
  }
  throw new WeightFormatError(
    'The zip file has no directory: its end is missing. It is cut off or damaged.',
  );
}

function readDirectory(bytes: Uint8Array, count: number): Map<string, Placement> {
  const view = viewOf(bytes);
  const entries = new Map<string, Placement>();
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + ENTRY_BYTES > bytes.length || view.getUint32(at, true) !== 0x02014b50) {
      throw new WeightFormatError(`Entry ${index} of the zip directory is damaged.`);
    }
    const nameEnd = at + ENTRY_BYTES + view.getUint16(at + 28, true);
    if (nameEnd > bytes.length) {
      throw new WeightFormatError(`The name of entry ${index} of the zip directory is cut off.`);
    }
    const name = new TextDecoder().decode(bytes.subarray(at + ENTRY_BYTES, nameEnd));
    if (entries.has(name)) {
      throw new WeightFormatError(`The zip file lists ${JSON.stringify(name)} twice.`);
    }
    if ((view.getUint16(at + 8, true) & 1) === 1) {
      throw new WeightFormatError(
        `The zip entry ${JSON.stringify(name)} is encrypted.`,
        'Unpack it and save the checkpoint without a password.',
      );
    }
    const method = view.getUint16(at + 10, true);
    entries.set(name, {
      name,
      method,
      compressed: method !== STORED,
      crc: view.getUint32(at + 16, true),
      packedSize: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      headerOffset: view.getUint32(at + 42, true),
    });
    at = nameEnd + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

/** Inflates into exactly the size the directory states; stops at the first byte too many. */
function inflate(packed: Uint8Array, { size, crc }: Placement, label: string): Uint8Array {
  const content = new Uint8Array(size);
  let filled = 0;
  const stream = new Inflate((piece) => {
    if (filled + piece.length > size) {
      throw new WeightFormatError(`${label} is longer than the ${size} bytes it claims.`);
    }
    content.set(piece, filled);
    filled += piece.length;
  });
  try {
    for (let at = 0; at < packed.length; at += INFLATE_STEP) {
      const end = Math.min(at + INFLATE_STEP, packed.length);
      stream.push(packed.subarray(at, end), end === packed.length);
    }
  } catch (error) {
    if (WeightFormatError.isInstance(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new WeightFormatError(`${label} cannot be inflated: ${reason}.`);
  }
  if (filled !== size || crc32(content) !== crc) {
    throw new WeightFormatError(`${label} is damaged: its size or checksum is wrong.`);
  }
  return content;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** CRC-32 (IEEE 802.3). Only compressed entries are checked: torch can write stored ones with a wrong one. */
function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = crcTable[(value ^ byte) & 0xff]! ^ (value >>> 8);
  return ~value >>> 0;
}
