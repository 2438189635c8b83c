import { WeightFormatError } from '../../errors';
import { type ByteSource, bytesSource, readExactly, subSource } from '../byte-source';
import type { MemoryBudget } from '../memory-budget';
import { PickleSlice } from '../pickle/pickle-values';
import { readPickle } from '../pickle/read-pickle';
import { WEIGHT_DTYPES, type WeightDtype } from '../weight-tensor';
import { CheckpointPolicy } from './checkpoint-policy';
import { TorchStorage } from './torch-values';

// The format of torch.save before 1.6 (`torch/serialization.py`, _legacy_save): pickles one after another,
//
//   magic | protocol 1001 | { little_endian, … } | the object | [key, …]
//
// then for each key an int64 count of elements and their bytes. StyleGAN2-ADA's pickles embed such a file for
// every tensor.

/** The first pickle of the format. */
export const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;
const LEGACY_PROTOCOL = 1001;

interface Wanted {
  readonly dtype: WeightDtype;
  readonly elements: number;
  readonly storage: TorchStorage;
  /** Where its bytes are; known when the whole file has been read. */
  offset?: number;
}

/**
 * Reads a legacy file up to its tensors, whose bytes are read when they are wanted.
 * @param start after the magic
 * @param embedded whether the file is itself inside a pickle, where no further nesting is allowed
 * @returns the object: dicts, lists, tensors, storages
 */
export async function readLegacyCheckpoint(
  source: ByteSource,
  start: number,
  budget: MemoryBudget,
  embedded = false,
): Promise<unknown> {
  const storages = new Map<string, Wanted>();
  const policy = new CheckpointPolicy(
    {
      external: (key, dtype, elements) => findStorage(source, storages, key, dtype, elements),
      ...(!embedded && { embedded: embeddedStorage }),
    },
    budget,
  );
  const protocol = await readPickle(source, start, policy);
  const system = await readPickle(source, protocol.end, policy);
  if (protocol.value !== LEGACY_PROTOCOL || !(system.value instanceof Map)) {
    throw new WeightFormatError('This is not a PyTorch file of the legacy format it claims.');
  }
  if (system.value.get('little_endian') === false) {
    throw new WeightFormatError('The checkpoint was written on a big-endian machine.');
  }
  const object = await readPickle(source, system.end, policy);
  const keys = await readPickle(source, object.end, policy);
  await placeStorages(source, keys.end, keys.value, storages);
  return object.value;
}

/** The storage in the bytes that `torch.storage._load_from_bytes` gets. */
export function embeddedStorage(bytes: Uint8Array | PickleSlice): TorchStorage {
  return new TorchStorage(async (budget) => {
    const source =
      bytes instanceof PickleSlice && bytes.encoding === 'bytes'
        ? subSource(bytes.source, bytes.offset, bytes.length)
        : bytesSource(bytes instanceof PickleSlice ? await bytes.read(budget) : bytes);
    const policy = new CheckpointPolicy(
      {
        external: () => {
          throw new WeightFormatError('An embedded tensor does not begin as a PyTorch file.');
        },
      },
      budget,
    );
    const magic = await readPickle(source, 0, policy);
    if (magic.value !== LEGACY_MAGIC) {
      throw new WeightFormatError('An embedded tensor is not in the legacy format of PyTorch.');
    }
    const storage = await readLegacyCheckpoint(source, magic.end, budget, true);
    if (!(storage instanceof TorchStorage)) {
      throw new WeightFormatError('An embedded PyTorch file holds something else than a storage.');
    }
    return await storage.read(budget);
  });
}

function findStorage(
  source: ByteSource,
  storages: Map<string, Wanted>,
  key: string,
  dtype: WeightDtype,
  elements: number,
): TorchStorage {
  const known = storages.get(key);
  if (known !== undefined && (known.dtype !== dtype || known.elements !== elements)) {
    throw new WeightFormatError(`The storage "${key}" is described in two different ways.`);
  }
  if (known !== undefined) return known.storage;
  const storage = new TorchStorage(async (budget) => {
    const label = `The storage "${key}"`;
    if (wanted.offset === undefined) {
      throw new WeightFormatError(`${label} is missing from the list at the end of the file.`);
    }
    const length = elements * (WEIGHT_DTYPES[dtype] / 8);
    budget.take(length, label);
    return { dtype, bytes: await readExactly(source, wanted.offset, length, label) };
  });
  const wanted: Wanted = { dtype, elements, storage };
  storages.set(key, wanted);
  return storage;
}

async function placeStorages(
  source: ByteSource,
  start: number,
  keys: unknown,
  storages: ReadonlyMap<string, Wanted>,
): Promise<void> {
  if (!Array.isArray(keys)) {
    throw new WeightFormatError('The list of storages at the end of the file is missing.');
  }
  let position = start;
  for (const key of keys as unknown[]) {
    const wanted = typeof key === 'string' ? storages.get(key) : undefined;
    if (wanted === undefined || wanted.offset !== undefined) {
      throw new WeightFormatError('The list of storages at the end of the file is damaged.');
    }
    const label = `The storage "${String(key)}"`;
    const bytes = await readExactly(source, position, 8, label);
    const count = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0, true);
    if (count !== BigInt(wanted.elements)) {
      throw new WeightFormatError(
        `${label} holds ${count} elements, its tensors expect ${wanted.elements}.`,
      );
    }
    wanted.offset = position + 8;
    position = wanted.offset + wanted.elements * (WEIGHT_DTYPES[wanted.dtype] / 8);
    if (position > source.size) {
      throw new WeightFormatError(
        `${label} should end at byte ${position}, but the file ends at byte ${source.size}. It is cut off.`,
      );
    }
  }
}
