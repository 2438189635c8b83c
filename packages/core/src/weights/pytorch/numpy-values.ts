import { WeightFormatError } from '../../errors';
import type { MemoryBudget } from '../memory-budget';
import { bytesOf, describeValue, narrowInteger } from '../pickle/pickle-values';
import { WEIGHT_DTYPES, type WeightDtype, type WeightTensor } from '../weight-tensor';
import { countElements, counts, gather } from './strided';

const dtypes = new Map<string, WeightDtype>([
  ['f8', 'F64'],
  ['f4', 'F32'],
  ['f2', 'F16'],
  ['i8', 'I64'],
  ['i4', 'I32'],
  ['i2', 'I16'],
  ['i1', 'I8'],
  ['u8', 'U64'],
  ['u4', 'U32'],
  ['u2', 'U16'],
  ['u1', 'U8'],
  ['b1', 'BOOL'],
]);

/** `numpy.dtype('f4')`; the byte order follows with BUILD. */
export class NumpyDtype {
  readonly #code: string;
  #order = '<';

  constructor(code: unknown) {
    const match = /^([<>|=]?)([a-zA-Z]\d*)$/.exec(String(code));
    this.#code = match?.[2] ?? String(code).slice(0, 20);
    if (match?.[1]) this.#order = match[1];
  }

  /** `(version, byte order, …)`. */
  build(state: unknown): void {
    if (Array.isArray(state) && typeof state[1] === 'string') this.#order = state[1];
  }

  /** @throws WeightFormatError for big-endian numbers, strings, objects, structures */
  get weightDtype(): WeightDtype {
    const dtype = dtypes.get(this.#code);
    const swapped = this.#order === '>' && dtype !== undefined && WEIGHT_DTYPES[dtype] > 8;
    if (dtype === undefined || swapped) {
      throw new WeightFormatError(
        `The checkpoint has a NumPy array of the type "${this.#order}${this.#code}", which is not supported.`,
        'Convert it to little-endian float32 before saving.',
      );
    }
    return dtype;
  }
}

/** `numpy.ndarray`; its content follows with BUILD. */
export class NumpyArray {
  #shape: readonly number[] = [];
  #dtype = new NumpyDtype('f4');
  #columnMajor = false;
  #data: unknown = null;

  /** `(version, shape, dtype, is Fortran order, data)`. */
  build(state: unknown): void {
    if (!Array.isArray(state) || !(state[2] instanceof NumpyDtype)) {
      throw new WeightFormatError(`A NumPy array is built from ${describeValue(state)}.`);
    }
    this.#shape = counts(state[1], 'shape');
    this.#dtype = state[2];
    this.#columnMajor = state[3] === true || state[3] === 1;
    this.#data = state[4];
  }

  get shape(): readonly number[] {
    return this.#shape;
  }

  /** The elements in row-major order. @param budget charged before anything is read or allocated */
  async toWeightTensor(name: string, budget: MemoryBudget): Promise<WeightTensor> {
    const dtype = this.#dtype.weightDtype;
    const elementBytes = WEIGHT_DTYPES[dtype] / 8;
    const shape = this.#shape;
    const count = countElements(shape);
    const data = await bytesOf(this.#data, budget);
    if (data.length !== count * elementBytes) {
      throw new WeightFormatError(
        `Array "${name}" of shape [${shape.join(', ')}] needs ${count * elementBytes} bytes, but has ${data.length}.`,
      );
    }
    if (!this.#columnMajor || shape.length < 2) return { dtype, shape, bytes: data };
    budget.take(data.length, `Array "${name}"`);
    let stride = 1;
    const strides = shape.map((size) => {
      const current = stride;
      stride *= size;
      return current;
    });
    return { dtype, shape, bytes: gather(data, { shape, strides, offset: 0 }, elementBytes) };
  }
}

/** `numpy.core.multiarray.scalar(dtype, bytes)`. */
export function numpyScalar(dtype: unknown, data: unknown): number | bigint | boolean | null {
  if (!(dtype instanceof NumpyDtype) || !(data instanceof Uint8Array)) return null;
  const type = dtype.weightDtype;
  if (data.length * 8 !== WEIGHT_DTYPES[type]) {
    throw new WeightFormatError(`A NumPy scalar of type ${type} has ${data.length} bytes.`);
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  switch (type) {
    case 'F64':
      return view.getFloat64(0, true);
    case 'F32':
      return view.getFloat32(0, true);
    case 'I64':
      return narrowInteger(view.getBigInt64(0, true));
    case 'U64':
      return narrowInteger(view.getBigUint64(0, true));
    case 'I32':
      return view.getInt32(0, true);
    case 'U32':
      return view.getUint32(0, true);
    case 'I16':
      return view.getInt16(0, true);
    case 'U16':
      return view.getUint16(0, true);
    case 'I8':
      return view.getInt8(0);
    case 'U8':
      return view.getUint8(0);
    case 'BOOL':
      return view.getUint8(0) !== 0;
    default:
      return null;
  }
}
