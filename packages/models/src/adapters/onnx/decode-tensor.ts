import { WeightFormatError, WeightsError } from '@latent-matte/core';
import type { OnnxTensor } from './onnx-model';

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
}

interface NumberType {
  readonly bytes: number;
  readonly integer: boolean;
  readonly read: (view: DataView, at: number) => number;
  readonly make: (
    count: number,
  ) => Float32Array | Float64Array | Int32Array | Int8Array | Uint8Array;
}

const floats = (count: number) => new Float32Array(count);
const bytes = (count: number) => new Uint8Array(count);

/** By the numbers of `TensorProto.DataType`. */
const TYPES: Readonly<Record<number, NumberType>> = {
  1: { bytes: 4, integer: false, read: (view, at) => view.getFloat32(at, true), make: floats },
  2: { bytes: 1, integer: true, read: (view, at) => view.getUint8(at), make: bytes },
  3: {
    bytes: 1,
    integer: true,
    read: (view, at) => view.getInt8(at),
    make: (n) => new Int8Array(n),
  },
  6: {
    bytes: 4,
    integer: true,
    read: (view, at) => view.getInt32(at, true),
    make: (n) => new Int32Array(n),
  },
  7: {
    bytes: 8,
    integer: true,
    read: (view, at) => Number(view.getBigInt64(at, true)),
    make: (n) => new Float64Array(n),
  },
  9: { bytes: 1, integer: true, read: (view, at) => view.getUint8(at), make: bytes },
  10: {
    bytes: 2,
    integer: false,
    read: (view, at) => fromHalf(view.getUint16(at, true)),
    make: floats,
  },
  11: { bytes: 8, integer: false, read: (view, at) => view.getFloat64(at, true), make: floats },
};

/**
 * @throws WeightFormatError a size that does not fit the data, data in another file, an unknown type
 * @throws WeightsError a weight that is not finite
 */
export function decodeTensor({ name, dims, type, raw, numbers, external }: RawTensor): OnnxTensor {
  if (external) {
    throw new WeightFormatError(
      `The weight "${name}" is in another file (external data), which is not read.`,
      'Save the model with its weights inside: onnx.save(model, path, save_as_external_data=False).',
    );
  }
  const format = TYPES[type];
  if (format === undefined) {
    throw new WeightFormatError(
      `The tensor "${name}" has the data type ${type}, which is not supported.`,
      'Export the model in float32 or float16.',
    );
  }
  const count = dims.reduce((product, side) => product * side, 1);
  if (!dims.every((side) => Number.isInteger(side) && side >= 0) || count > MOST_VALUES) {
    throw new WeightFormatError(`The tensor "${name}" claims the shape [${dims}].`);
  }
  const held = raw === undefined ? numbers.length : raw.length / format.bytes;
  if (held !== count) {
    throw new WeightFormatError(`The tensor "${name}" [${dims}] holds ${held} values.`);
  }
  const data = format.make(count);
  const view = raw && new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  for (let i = 0; i < count; i++) {
    // float16 that is not raw is stored as the bits of an integer.
    const plain = type === 10 ? fromHalf(numbers[i]) : numbers[i];
    const value = view ? format.read(view, i * format.bytes) : plain;
    if (!format.integer && !Number.isFinite(value)) {
      throw new WeightsError(
        `The weight "${name}" holds ${value}.`,
        'Use a model whose training did not diverge.',
      );
    }
    data[i] = !format.integer && Math.abs(value) < NEGLIGIBLE ? 0 : value;
  }
  return { name, shape: dims, integer: format.integer, data };
}

function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = (bits & 0x3ff) / 1024;
  if (exponent === 0) return sign * 2 ** -14 * fraction;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * 2 ** (exponent - 15) * (1 + fraction);
}
