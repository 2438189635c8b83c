import { WeightFormatError } from '../../errors';
import { type ByteSource, readExactly } from '../byte-source';
import type { MemoryBudget } from '../memory-budget';

// What a pickle turns into. Python's None, bool, int, float, str, bytes become null, boolean, number (bigint
// when too large), string, Uint8Array; list and tuple become arrays, dict becomes Map, set becomes Set. Long
// strings and bytes stay in the file (PickleSlice). Nothing of the above has a prototype a file could reach.

/** The name of a Python class or function. Nothing is ever imported. */
export class PickleGlobal {
  readonly module: string;
  readonly name: string;

  constructor(module: string, name: string) {
    this.module = module;
    this.name = name;
  }

  get path(): string {
    return `${this.module}.${this.name}`;
  }
}

/** An instance of a class this reader does not know: inert data. */
export class PickleObject {
  /** `module.Class`. */
  readonly type: string;
  /** What its `__init__` or `__new__` would have got. */
  readonly args: readonly unknown[];
  /** Attributes, from `__dict__`. */
  readonly state = new Map<unknown, unknown>();
  /** Content, where the class derives from dict. */
  readonly entries = new Map<unknown, unknown>();
  /** Content, where the class derives from list. */
  readonly items: unknown[] = [];

  constructor(type: string, args: readonly unknown[]) {
    this.type = type;
    this.args = args;
  }
}

/** How the bytes of a long string or bytes object become the bytes meant. */
export type SliceEncoding =
  /** As they are. */
  | 'bytes'
  /** A string in UTF-8; only its length is of interest. */
  | 'utf-8'
  /** `_codecs.encode(text, 'latin1')`: bytes that protocol 2 wrote as a string, here in UTF-8. */
  | 'latin-1 in utf-8';

/** A long string or bytes object, left in the file until someone asks. */
export class PickleSlice {
  readonly source: ByteSource;
  readonly offset: number;
  readonly length: number;
  readonly encoding: SliceEncoding;

  constructor(source: ByteSource, offset: number, length: number, encoding: SliceEncoding) {
    this.source = source;
    this.offset = offset;
    this.length = length;
    this.encoding = encoding;
  }

  /** The bytes meant. @param budget charged before they are read */
  async read(budget: MemoryBudget): Promise<Uint8Array> {
    budget.take(this.length, 'A bytes object');
    const bytes = await readExactly(this.source, this.offset, this.length, 'A bytes object');
    return this.encoding === 'latin-1 in utf-8' ? latin1FromUtf8(bytes) : bytes;
  }
}

/** The bytes 0…255 that UTF-8 text of code points 0…255 stands for. */
export function latin1FromUtf8(text: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(text.length);
  let filled = 0;
  for (let i = 0; i < text.length; i++) {
    const first = text[i]!;
    if (first < 0x80) {
      bytes[filled++] = first;
      continue;
    }
    const second = text[++i] ?? 0;
    if ((first !== 0xc2 && first !== 0xc3) || (second & 0xc0) !== 0x80) {
      throw new WeightFormatError('A bytes object is not encoded as Latin-1.');
    }
    bytes[filled++] = ((first & 3) << 6) | (second & 0x3f);
  }
  return bytes.subarray(0, filled);
}

/** The bytes of a bytes object, or of a Python 2 string. */
export async function bytesOf(value: unknown, budget: MemoryBudget): Promise<Uint8Array> {
  if (value instanceof Uint8Array) return value;
  if (value instanceof PickleSlice && value.encoding !== 'utf-8') return await value.read(budget);
  if (typeof value === 'string') {
    return Uint8Array.from(value, (character) => {
      const code = character.codePointAt(0)!;
      if (code > 0xff) throw new WeightFormatError('Binary data is stored as text.');
      return code;
    });
  }
  throw new WeightFormatError(`The pickle has ${describeValue(value)} where bytes are expected.`);
}

/** A number where it is exact. */
export const narrowInteger = (value: bigint): number | bigint =>
  value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;

/** For messages; never long. */
export function describeValue(value: unknown): string {
  if (value === null) return 'None';
  if (value === undefined) return 'nothing';
  if (value instanceof PickleGlobal) return value.path;
  if (value instanceof PickleObject) return `an instance of ${value.type}`;
  if (value instanceof Map) return 'a dict';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  const text = String(value);
  return `${typeof value} ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`;
}
