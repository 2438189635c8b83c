import { WeightFormatError } from '../../errors';
import type { MemoryBudget } from '../memory-budget';
import { describeValue, type PickleGlobal } from '../pickle/pickle-values';
import { WEIGHT_DTYPES, type WeightDtype, type WeightTensor } from '../weight-tensor';
import {
  countElements,
  counts,
  gather,
  isContiguous,
  lastIndex,
  type StridedLayout,
} from './strided';

const storageDtypes = new Map<string, WeightDtype>([
  ['DoubleStorage', 'F64'],
  ['FloatStorage', 'F32'],
  ['HalfStorage', 'F16'],
  ['BFloat16Storage', 'BF16'],
  ['LongStorage', 'I64'],
  ['IntStorage', 'I32'],
  ['ShortStorage', 'I16'],
  ['CharStorage', 'I8'],
  ['ByteStorage', 'U8'],
  ['BoolStorage', 'BOOL'],
  // Bytes: the tensor says what they hold.
  ['UntypedStorage', 'U8'],
]);

/** Element types that `_rebuild_tensor_v3` names. */
const torchDtypes = new Map<string, WeightDtype>([
  ['torch.uint16', 'U16'],
  ['torch.uint32', 'U32'],
  ['torch.uint64', 'U64'],
  ['torch.float8_e4m3fn', 'F8_E4M3'],
  ['torch.float8_e5m2', 'F8_E5M2'],
]);

/** `torch.FloatStorage` → F32; also `torch.cuda.…`. */
export function storageDtype(type: PickleGlobal): WeightDtype {
  const dtype = /^torch(\.cuda|\.storage)?$/.test(type.module)
    ? storageDtypes.get(type.name)
    : undefined;
  if (dtype === undefined) {
    throw new WeightFormatError(
      `The checkpoint has tensors of the type ${type.path}, which is not supported.`,
      'Convert them to float32 before saving.',
    );
  }
  return dtype;
}

export interface StorageContent {
  readonly dtype: WeightDtype;
  readonly bytes: Uint8Array;
}

/** The memory that tensors are views of; read from the file once, when the first of them is wanted. */
export class TorchStorage {
  readonly #load: (budget: MemoryBudget) => Promise<StorageContent>;
  #content: Promise<StorageContent> | undefined;

  constructor(load: (budget: MemoryBudget) => Promise<StorageContent>) {
    this.#load = load;
  }

  read(budget: MemoryBudget): Promise<StorageContent> {
    this.#content ??= this.#load(budget);
    return this.#content;
  }
}

/** A tensor: a strided view of a storage. */
export class TorchTensor {
  readonly #storage: TorchStorage;
  readonly #dtype: WeightDtype | undefined;
  readonly #layout: StridedLayout;

  /**
   * The arguments of `torch._utils._rebuild_tensor_v2`.
   * @param dtype a `torch.dtype`, where the storage is untyped
   * @throws WeightFormatError for numbers no tensor can have
   */
  constructor(
    storage: unknown,
    offset: unknown,
    shape: unknown,
    strides: unknown,
    dtype?: PickleGlobal,
  ) {
    if (!(storage instanceof TorchStorage)) {
      throw new WeightFormatError(`A tensor has ${describeValue(storage)} as its storage.`);
    }
    this.#storage = storage;
    this.#layout = {
      offset: counts([offset], 'storage offset')[0]!,
      shape: counts(shape, 'shape'),
      strides: counts(strides, 'strides'),
    };
    if (this.#layout.strides.length !== this.shape.length) {
      throw new WeightFormatError(
        `A tensor of shape [${this.shape.join(', ')}] has ${this.#layout.strides.length} strides.`,
      );
    }
    if (dtype !== undefined) {
      this.#dtype = torchDtypes.get(dtype.path);
      if (this.#dtype === undefined) {
        throw new WeightFormatError(`The element type ${dtype.path} is not supported.`);
      }
    }
  }

  get shape(): readonly number[] {
    return this.#layout.shape;
  }

  /**
   * The elements in row-major order: a view of the storage where they lie so, else a copy.
   * @param budget charged before anything is read or allocated
   * @throws WeightFormatError when the tensor reaches out of its storage
   */
  async toWeightTensor(name: string, budget: MemoryBudget): Promise<WeightTensor> {
    const content = await this.#storage.read(budget);
    const dtype = this.#dtype ?? content.dtype;
    const elementBytes = WEIGHT_DTYPES[dtype] / 8;
    const { shape, strides, offset } = this.#layout;
    const count = countElements(shape);
    if (count === 0) return { dtype, shape, bytes: new Uint8Array(0) };
    const available = Math.floor(content.bytes.length / elementBytes);
    if (!(lastIndex(this.#layout) < available)) {
      throw new WeightFormatError(
        `Tensor "${name}" of shape [${shape.join(', ')}], strides [${strides.join(', ')}] and offset ${offset} exceeds its storage of ${available} elements.`,
      );
    }
    const length = count * elementBytes;
    if (isContiguous(this.#layout)) {
      const begin = offset * elementBytes;
      return { dtype, shape, bytes: content.bytes.subarray(begin, begin + length) };
    }
    budget.take(length, `Tensor "${name}" of shape [${shape.join(', ')}]`);
    return { dtype, shape, bytes: gather(content.bytes, this.#layout, elementBytes) };
  }
}
