import { WeightFormatError } from '../errors';
import { type ByteSource, readExactly } from './byte-source';
import { encodeBfloat16, encodeFloat16 } from './half-float';
import { findDuplicateKey } from './json-keys';
import { type BytesLike, plainBytes } from './plain-bytes';
import {
  describeTensor,
  WEIGHT_DTYPES,
  type WeightArchive,
  type WeightDtype,
  type WeightTensor,
} from './weight-tensor';

// The format (huggingface/safetensors, README and `tensor.rs`):
//
//   u64 little-endian N ≤ 100,000,000 | N bytes JSON starting with `{`, spaces may follow | data
//   JSON: { "__metadata__"?: { string: string }, name: { dtype, shape, data_offsets: [begin, end) } … }
//
// Offsets count from the start of the data; the tensors cover it without holes or overlap.

const MAX_HEADER_BYTES = 100_000_000;
/** Headers of real models have at most a few megabytes: about 150 bytes a tensor. */
const MAX_READ_BYTES = 16 * 2 ** 20;
/** Braces, brackets and colons: seven a tensor. JSON.parse makes 4 GB of the longest header otherwise. */
const MAX_MARKS = 1_000_000;
const METADATA_KEY = '__metadata__';

/** A parsed `.safetensors` file. */
export interface SafetensorsFile extends WeightArchive {
  /** Free-form strings its writer attached. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** A tensor to write: floats that are converted to `dtype`, or bytes that are stored as they are. */
export type TensorSource =
  | {
      readonly dtype: 'F32' | 'F16' | 'BF16';
      readonly shape: readonly number[];
      readonly data: Float32Array;
    }
  | WeightTensor;

/** Short form of a value from the header, for messages. The value may be anything, of any size and depth. */
function show(value: unknown): string {
  if (Array.isArray(value)) {
    const items = value.slice(0, 8).map((item) => (typeof item === 'object' ? '…' : show(item)));
    return `[${items.join(', ')}${value.length > 8 ? ', …' : ''}]`;
  }
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isDtype(value: unknown): value is WeightDtype {
  return typeof value === 'string' && Object.hasOwn(WEIGHT_DTYPES, value);
}

/** Bytes of a tensor; undefined when the number is not exact. */
function byteLength(dtype: WeightDtype, shape: readonly number[]): number | undefined {
  let length = WEIGHT_DTYPES[dtype] / 8;
  for (const size of shape) {
    length *= size;
    if (!Number.isSafeInteger(length)) return undefined;
  }
  return length;
}

/** Where the data starts, from the first bytes of a file of `size` bytes. */
function readDataStart(start: Uint8Array, size: number): number {
  if (size < 8) {
    throw new WeightFormatError(
      `Not a safetensors file: ${size} bytes, the header length alone takes 8.`,
    );
  }
  const length = new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw new WeightFormatError(
      `Not a safetensors file: header length ${length}, the limit is ${MAX_HEADER_BYTES}.`,
    );
  }
  const dataStart = 8 + Number(length);
  if (dataStart > size) {
    throw new WeightFormatError(
      `The safetensors header should be ${length} bytes long, but only ${size - 8} follow.`,
    );
  }
  if (length > MAX_READ_BYTES) {
    throw new WeightFormatError(
      `The safetensors header has ${length} bytes; ${MAX_READ_BYTES} are read.`,
      'Save the weights of one network alone, without long metadata.',
    );
  }
  return dataStart;
}

function readHeader(bytes: Uint8Array): Record<string, unknown> {
  if (bytes[0] !== 0x7b) {
    throw new WeightFormatError('The safetensors header is not a JSON object.');
  }
  let marks = 0;
  for (const byte of bytes) if (byte === 0x7b || byte === 0x5b || byte === 0x3a) marks++;
  if (marks > MAX_MARKS) {
    throw new WeightFormatError(
      `The safetensors header has ${marks} entries and lists; ${MAX_MARKS} are read.`,
      'Save the weights of one network alone.',
    );
  }
  let header: unknown;
  let duplicate: string | undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
    duplicate = findDuplicateKey(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new WeightFormatError(`The safetensors header is not valid JSON: ${reason}.`);
  }
  if (duplicate !== undefined) {
    throw new WeightFormatError(`The safetensors header lists ${show(duplicate)} twice.`);
  }
  if (!isPlainObject(header)) {
    throw new WeightFormatError('The safetensors header is not a JSON object.');
  }
  return header;
}

function readMetadata(value: unknown): Map<string, string> {
  const metadata = new Map<string, string>();
  if (value === undefined) return metadata;
  if (!isPlainObject(value)) {
    throw new WeightFormatError(`${METADATA_KEY} is ${show(value)}; expected an object.`);
  }
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') {
      throw new WeightFormatError(
        `${METADATA_KEY}[${show(key)}] is ${show(text)}; expected a string.`,
      );
    }
    metadata.set(key, text);
  }
  return metadata;
}

interface Placement {
  readonly name: string;
  readonly dtype: WeightDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function readEntry(name: string, entry: unknown): Placement {
  const tensor = `Tensor ${show(name)}`;
  if (!isPlainObject(entry)) {
    throw new WeightFormatError(`${tensor} is ${show(entry)}; expected an object.`);
  }
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isDtype(dtype)) {
    throw new WeightFormatError(
      `${tensor} has the unknown dtype ${show(dtype)}; known: ${Object.keys(WEIGHT_DTYPES).join(', ')}.`,
    );
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    throw new WeightFormatError(
      `${tensor} has shape ${show(shape)}; expected an array of integers ≥ 0.`,
    );
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw new WeightFormatError(
      `${tensor} has data_offsets ${show(offsets)}; expected [begin, end].`,
    );
  }
  const [begin, end] = offsets as [number, number];
  const needed = byteLength(dtype, shape);
  if (needed === undefined) {
    throw new WeightFormatError(
      `${tensor} claims ${dtype} ${show(shape)}: more bytes than can be counted.`,
    );
  }
  if (end - begin !== needed) {
    throw new WeightFormatError(
      `${tensor} claims ${dtype} ${show(shape)}, which takes ${needed} bytes, but data_offsets [${begin}, ${end}] hold ${end - begin}.`,
    );
  }
  return { name, dtype, shape, begin, end };
}

interface Contents {
  readonly metadata: Map<string, string>;
  /** In the order of the data. */
  readonly placements: readonly Placement[];
}

/** Checks the header against the length of the data that follows it. */
function readContents(header: Record<string, unknown>, dataLength: number): Contents {
  const metadata = readMetadata(
    Object.hasOwn(header, METADATA_KEY) ? header[METADATA_KEY] : undefined,
  );
  const placements = Object.entries(header)
    .filter(([name]) => name !== METADATA_KEY)
    .map(([name, entry]) => readEntry(name, entry))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of placements) {
    if (begin !== covered) {
      const fault = begin < covered ? 'overlaps the tensor before it' : 'leaves a hole before it';
      throw new WeightFormatError(
        `Tensor ${show(name)} ${fault}: it begins at byte ${begin}, the data before it ends at ${covered}.`,
      );
    }
    if (end > dataLength) {
      throw new WeightFormatError(
        `Tensor ${show(name)} ends at byte ${end}, but the file holds ${dataLength} bytes of data. It is cut off.`,
      );
    }
    covered = end;
  }
  if (covered !== dataLength) {
    throw new WeightFormatError(
      `The tensors end at byte ${covered}, but the file holds ${dataLength} bytes of data.`,
    );
  }
  return { metadata, placements };
}

/**
 * Reads a `.safetensors` file. The tensors are views into the file: nothing but shared memory is copied, and nothing is allocated
 * by a size the file claims.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { parseSafetensors } from '@latent-matte/core/checkpoints';
 *
 * const { tensors, metadata } = parseSafetensors(await readFile('network.safetensors'));
 * for (const [name, { shape }] of tensors) console.log(name, shape);
 * ```
 *
 * @throws WeightFormatError for anything the format forbids: truncation, holes, overlaps, duplicate or
 *   malformed entries, unknown dtypes. The message names the tensor and the numbers.
 */
export function parseSafetensors(given: BytesLike): SafetensorsFile {
  const bytes = plainBytes(given);
  const dataStart = readDataStart(bytes, bytes.length);
  const header = readHeader(bytes.subarray(8, dataStart));
  const { metadata, placements } = readContents(header, bytes.length - dataStart);
  const tensors = new Map<string, WeightTensor>();
  for (const { name, dtype, shape, begin, end } of placements) {
    tensors.set(name, { dtype, shape, bytes: bytes.subarray(dataStart + begin, dataStart + end) });
  }
  return { tensors, metadata };
}

/**
 * As {@link parseSafetensors}, reading only the header and the tensors wanted.
 * @param select which tensors, by name; default all
 */
export async function openSafetensors(
  source: ByteSource,
  select: (name: string) => boolean = () => true,
): Promise<SafetensorsFile> {
  const start = await readExactly(source, 0, Math.min(8, source.size), 'The safetensors file');
  const dataStart = readDataStart(start, source.size);
  const header = readHeader(await readExactly(source, 8, dataStart - 8, 'The safetensors header'));
  const { metadata, placements } = readContents(header, source.size - dataStart);
  const tensors = new Map<string, WeightTensor>();
  for (const { name, dtype, shape, begin, end } of placements) {
    if (!select(name)) continue;
    const label = `Tensor ${show(name)}`;
    const bytes = await readExactly(source, dataStart + begin, end - begin, label);
    tensors.set(name, { dtype, shape, bytes });
  }
  return { tensors, metadata };
}

function encodeData(name: string, source: TensorSource): Uint8Array {
  const needed = byteLength(source.dtype, source.shape);
  if (!source.shape.every(isCount) || needed === undefined) {
    throw new WeightFormatError(`${show(name)} has shape ${show(source.shape)}.`, 'Fix the shape.');
  }
  const elementBytes = WEIGHT_DTYPES[source.dtype] / 8;
  const given = 'data' in source ? source.data.length * elementBytes : source.bytes.length;
  if (given !== needed) {
    throw new WeightFormatError(
      `${show(name)} is ${describeTensor(source)}, ${needed / elementBytes} elements, but ${given / elementBytes} were given.`,
      'Pass data that fits the shape.',
    );
  }
  if (!('data' in source)) return plainBytes(source.bytes);
  if (source.dtype === 'F32') {
    return new Uint8Array(source.data.buffer, source.data.byteOffset, needed);
  }
  const encode = source.dtype === 'F16' ? encodeFloat16 : encodeBfloat16;
  const infinity = source.dtype === 'F16' ? 0x7c00 : 0x7f80;
  const bits = new Uint16Array(source.data.length);
  source.data.forEach((value, index) => {
    bits[index] = encode(value);
    if ((bits[index]! & 0x7fff) === infinity && Number.isFinite(value)) {
      throw new WeightFormatError(
        `${show(name)}[${index}] is ${value}, too large for ${source.dtype}.`,
        'Write this tensor as F32.',
      );
    }
  });
  return new Uint8Array(bits.buffer);
}

/**
 * Writes a `.safetensors` file. Equal input gives equal bytes, whatever the order of the tensors: they are
 * sorted as the official writer does, by falling element size and then by name, which also keeps each one
 * aligned; the header is padded with spaces to a multiple of 8.
 *
 * ```ts
 * import { writeFile } from 'node:fs/promises';
 * import { serializeSafetensors } from '@latent-matte/core/checkpoints';
 *
 * const bias = { dtype: 'F32', shape: [3], data: new Float32Array([0.1, 0.2, 0.3]) } as const;
 * await writeFile('network.safetensors', serializeSafetensors([['conv.bias', bias]]));
 * ```
 *
 * @throws WeightFormatError when data and shape disagree, a name occurs twice or is `__metadata__`, or a
 *   finite value overflows F16 or BF16.
 */
export function serializeSafetensors(
  tensors: Iterable<readonly [name: string, tensor: TensorSource]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  const sorted = [...tensors].sort(
    ([a, x], [b, y]) => WEIGHT_DTYPES[y.dtype] - WEIGHT_DTYPES[x.dtype] || byName(a, b),
  );
  const pieces: Uint8Array[] = [];
  const entries = new Map<string, unknown>();
  const strings = Object.entries(metadata).sort(([a], [b]) => byName(a, b));
  if (strings.length > 0) entries.set(METADATA_KEY, Object.fromEntries(strings));
  let offset = 0;
  for (const [name, source] of sorted) {
    if (name === METADATA_KEY || entries.has(name)) {
      throw new WeightFormatError(
        `The tensor name ${show(name)} is ${name === METADATA_KEY ? 'reserved' : 'given twice'}.`,
        'Rename it.',
      );
    }
    const data = encodeData(name, source);
    const end = offset + data.length;
    entries.set(name, { dtype: source.dtype, shape: source.shape, data_offsets: [offset, end] });
    pieces.push(data);
    offset = end;
  }
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const headerLength = Math.ceil(header.length / 8) * 8;
  const file = new Uint8Array(8 + headerLength + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerLength), true);
  file.fill(0x20, 8, 8 + headerLength);
  file.set(header, 8);
  let position = 8 + headerLength;
  for (const piece of pieces) {
    file.set(piece, position);
    position += piece.length;
  }
  return file;
}
