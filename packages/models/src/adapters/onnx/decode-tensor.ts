import { WeightFormatError, WeightsError } from '@latent-matte/core';
import { type BytesLike, isBytesLike, plainBytes } from '@latent-matte/core/internal';
import { countOf } from '../../count-of';
import type { OnnxData, OnnxTensor } from './onnx-model';

/** Values in one tensor: 1 GiB of float32. */
const MOST_VALUES = 2 ** 28;
/** Smaller weights only slow a CPU down: denormal numbers cost up to 40×. */
const NEGLIGIBLE = 1e-30;

/** `TensorProto` as it is in the file. */
export interface RawTensor {
  name: string;
  dims: number[];
  type: number;
  raw?: Uint8Array;
  numbers: number[];
  external: boolean;
  /** Where in another file: `location`, `offset` and `length`. */
  place?: ReadonlyMap<string, string>;
}

/** The other files of a model: one, or by the names that the model gives them. */
export type ExternalData = BytesLike | Readonly<Record<string, BytesLike>>;

/** In place of the other files: their weights are left out, and the names of the files collected. */
export class LeftOut {
  readonly files = new Set<string>();
}

interface NumberType {
  readonly bytes: number;
  readonly integer: boolean;
  /** From little-endian bytes, aligned. */
  readonly decode: (raw: ArrayBuffer) => Exclude<OnnxData, readonly number[]>;
}

/** By the numbers of `TensorProto.DataType`. */
const TYPES: Readonly<Record<number, NumberType>> = {
  1: { bytes: 4, integer: false, decode: (raw) => new Float32Array(raw) },
  2: { bytes: 1, integer: true, decode: (raw) => new Uint8Array(raw) },
  3: { bytes: 1, integer: true, decode: (raw) => new Int8Array(raw) },
  6: { bytes: 4, integer: true, decode: (raw) => new Int32Array(raw) },
  7: {
    bytes: 8,
    integer: true,
    decode: (raw) => Float64Array.from(new BigInt64Array(raw) as Iterable<unknown>, Number),
  },
  9: { bytes: 1, integer: true, decode: (raw) => new Uint8Array(raw) },
  10: { bytes: 2, integer: false, decode: (raw) => fromHalves(new Uint16Array(raw)) },
  11: { bytes: 8, integer: false, decode: (raw) => Float32Array.from(new Float64Array(raw)) },
};

/**
 * @throws WeightFormatError a size that does not fit the data, data in another file, an unknown type
 * @throws WeightsError a weight that is not a number
 */
export function decodeTensor(tensor: RawTensor, files?: ExternalData | LeftOut): OnnxTensor {
  const { name, dims, type, numbers, external } = tensor;
  if (external && files instanceof LeftOut) {
    files.files.add(tensor.place?.get('location') ?? '');
    return { name, shape: dims, integer: TYPES[type]?.integer ?? false, data: [] };
  }
  const found =
    files && external && !(files instanceof LeftOut) ? bytesAt(tensor, files) : undefined;
  const raw = external ? found : tensor.raw;
  if (external && raw === undefined) {
    throw new WeightFormatError(
      `The weight "${name}" is in another file${nameOf(tensor)} (external data), which was not given.`,
      'Give its bytes as external (in Node fromOnnxFile reads both), or save the model with its weights inside: onnx.save(model, path, save_as_external_data=False).',
    );
  }
  const format = TYPES[type];
  if (format === undefined) {
    throw new WeightFormatError(
      `The tensor "${name}" has the data type ${type}, which is not supported.`,
      'Export the model in float32 or float16.',
    );
  }
  const count = countOf(dims);
  if (!dims.every((side) => Number.isInteger(side) && side >= 0) || count > MOST_VALUES) {
    throw new WeightFormatError(`The tensor "${name}" claims the shape [${dims}].`);
  }
  const held = raw === undefined ? numbers.length : raw.length / format.bytes;
  if (held !== count) {
    throw new WeightFormatError(`The tensor "${name}" [${dims}] holds ${held} values.`);
  }
  const data = raw === undefined ? plain(type, numbers) : format.decode(copyOf(raw).buffer);
  if (!format.integer) clean(name, data as Float32Array);
  return { name, shape: dims, integer: format.integer, data };
}

const nameOf = ({ place }: RawTensor) => {
  const location = place?.get('location');
  return location === undefined ? '' : `, "${location}"`;
};

/** The part of another file that a tensor names; nothing where that file was not given. */
function bytesAt(
  { name, place = new Map() }: RawTensor,
  files: ExternalData,
): Uint8Array | undefined {
  const location = place.get('location') ?? '';
  const given = isBytesLike(files) ? files : Object.hasOwn(files, location) && files[location];
  if (!given) return undefined;
  const file = plainBytes(given);
  const offset = Number(place.get('offset') ?? 0);
  const length = Number(place.get('length') ?? file.length - offset);
  const whole = [offset, length].every((value) => Number.isInteger(value) && value >= 0);
  if (!whole || offset + length > file.length) {
    throw new WeightFormatError(
      `The weight "${name}" lies at ${offset}, ${length} bytes, of a file "${location}" of ${file.length} bytes.`,
      'Give the file that was saved together with the model.',
    );
  }
  return file.subarray(offset, offset + length);
}

/** Aligned; the `slice` of Node's Buffer would not copy. */
const copyOf = (raw: Uint8Array) => new Uint8Array(raw);

/** Values that are not raw: float16 as the bits of an integer. */
function plain(type: number, numbers: readonly number[]): OnnxData {
  if (type === 10) return fromHalves(numbers);
  if (type === 1 || type === 11) return Float32Array.from(numbers);
  if (type === 2) return Uint8Array.from(numbers);
  if (type === 3) return Int8Array.from(numbers);
  return numbers;
}

function clean(name: string, data: Float32Array): void {
  for (let i = 0; i < data.length; i++) {
    const size = Math.abs(data[i]);
    if (size < NEGLIGIBLE) data[i] = 0;
    // Infinity is a bound or a mask; `weight` refuses it where it would be a weight.
    else if (Number.isNaN(size)) {
      throw new WeightsError(
        `The weight "${name}" holds ${data[i]}.`,
        'Use a model whose training did not diverge.',
      );
    }
  }
}

/** All 65 536 of them, made when the first is needed: models have millions. */
let table: Float32Array | undefined;

function fromHalves(bits: ArrayLike<number>): Float32Array {
  table ??= Float32Array.from({ length: 2 ** 16 }, (_, i) => decodeHalf(i));
  const values = new Float32Array(bits.length);
  for (let i = 0; i < values.length; i++) values[i] = table[bits[i]];
  return values;
}

function decodeHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = (bits & 0x3ff) / 1024;
  if (exponent === 0) return sign * 2 ** -14 * fraction;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * 2 ** (exponent - 15) * (1 + fraction);
}
