import { WeightFormatError } from '../../errors';
import { type ByteSource, bytesSource } from '../byte-source';
import type { MemoryBudget } from '../memory-budget';
import { readPickle } from '../pickle/read-pickle';
import { WEIGHT_DTYPES, type WeightDtype } from '../weight-tensor';
import { ZipArchive } from '../zip-archive';
import { CheckpointPolicy, torchScript } from './checkpoint-policy';
import { embeddedStorage } from './legacy';
import { TorchStorage } from './torch-values';

/**
 * Reads the zip format of torch.save since 1.6: `ROOT/data.pkl` with the object, `ROOT/data/KEY` with the bytes
 * of each storage, read when they are wanted. Nothing is written anywhere: names of entries are opaque.
 * @returns the object: dicts, lists, tensors
 */
export async function readZipCheckpoint(
  source: ByteSource,
  budget: MemoryBudget,
): Promise<unknown> {
  const zip = await ZipArchive.open(source);
  if (zip.names.some((name) => /(^|\/)(constants\.pkl|code\/__torch__.*)$/.test(name)))
    throw torchScript();
  const pickles = zip.names.filter((name) => /(^|\/)data\.pkl$/.test(name));
  if (pickles.length !== 1) {
    throw new WeightFormatError(
      `This zip file has ${pickles.length} entries called data.pkl; a PyTorch checkpoint has one.`,
      'Give a file written by torch.save; unpack other archives first.',
    );
  }
  const [pickle] = pickles as [string];
  const root = pickle.slice(0, -'data.pkl'.length);
  await checkByteOrder(zip, `${root}byteorder`, budget);
  const policy = new CheckpointPolicy(
    {
      external: (key, dtype, elements) =>
        openStorage(zip, `${root}data/${key}`, dtype, elements, storages, budget),
      embedded: embeddedStorage,
    },
    budget,
  );
  const storages = new Map<string, Promise<Uint8Array>>();
  const { value } = await readPickle(bytesSource(await zip.read(pickle, budget)), 0, policy);
  return value;
}

async function checkByteOrder(zip: ZipArchive, name: string, budget: MemoryBudget): Promise<void> {
  if (zip.entry(name) === undefined) return;
  const order = new TextDecoder().decode((await zip.read(name, budget)).subarray(0, 16));
  if (order.trim() !== 'little') {
    throw new WeightFormatError(
      `The checkpoint was written on a machine of byte order ${JSON.stringify(order)}.`,
      'Save it again on a little-endian machine.',
    );
  }
}

function openStorage(
  zip: ZipArchive,
  name: string,
  dtype: WeightDtype,
  elements: number,
  loading: Map<string, Promise<Uint8Array>>,
  budget: MemoryBudget,
): TorchStorage {
  const entry = zip.entry(name);
  if (entry === undefined) {
    throw new WeightFormatError(
      `The checkpoint refers to the entry ${JSON.stringify(name)}, which is missing.`,
    );
  }
  const length = elements * (WEIGHT_DTYPES[dtype] / 8);
  if (entry.size !== length) {
    throw new WeightFormatError(
      `The entry ${JSON.stringify(name)} holds ${entry.size} bytes, its tensors expect ${length}.`,
    );
  }
  return new TorchStorage(async () => {
    const bytes = loading.get(name) ?? zip.read(name, budget);
    loading.set(name, bytes);
    return { dtype, bytes: await bytes };
  });
}
