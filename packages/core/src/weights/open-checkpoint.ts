import { WeightFormatError } from '../errors';
import { type ByteSource, toSource } from './byte-source';
import { detectContainer } from './detect-container';
import { MemoryBudget } from './memory-budget';
import { PickleObject } from './pickle/pickle-values';
import { readPickle } from './pickle/read-pickle';
import type { BytesLike } from './plain-bytes';
import { CheckpointPolicy } from './pytorch/checkpoint-policy';
import { type CheckpointScalar, flattenCheckpoint } from './pytorch/flatten';
import { embeddedStorage, LEGACY_MAGIC, readLegacyCheckpoint } from './pytorch/legacy';
import { readZipCheckpoint } from './pytorch/zip-checkpoint';
import { openSafetensors } from './safetensors';
import { unpackScalars } from './scalars-metadata';
import type { WeightArchive, WeightTensor } from './weight-tensor';

/** How a checkpoint was stored. */
export type CheckpointFormat = 'safetensors' | 'pytorch-zip' | 'pytorch-legacy' | 'pickle';

/** A checkpoint after reading, whatever its format. */
export interface Checkpoint extends WeightArchive {
  readonly format: CheckpointFormat;
  /** Numbers, flags and short texts beside the tensors, by path: step counts, settings. */
  readonly scalars: ReadonlyMap<string, CheckpointScalar>;
}

export interface OpenCheckpointOptions {
  /**
   * Which tensors to load, by name; the bytes of the others are not read. Training checkpoints hold several
   * networks and the state of the optimiser. Default: all.
   */
  select?: (name: string) => boolean;
  /** Tensors loaded so far, for a progress bar. */
  onProgress?: (progress: { loaded: number; total: number }) => void;
}

/**
 * Reads a checkpoint of any supported format, told by its content: safetensors; PyTorch `.pt`, `.pth`, zip and
 * legacy; StyleGAN2-ADA `.pkl`. Python is not needed, and no code in the file is executed.
 *
 * Tensors of nested dicts are named by their path, joined by `/`: `g_ema/conv1.bias`, `state_dict/fc.weight`.
 * {@link subsetArchive} takes one network out. Memory: the tensors selected, and copies only of those that are
 * not contiguous; views of the source where it is in memory.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { openCheckpoint, toFloat32 } from '@latent-matte/backend-node/checkpoints';
 *
 * const { tensors } = await openCheckpoint(await readFile('modnet.ckpt'));
 * for (const [name, tensor] of tensors) console.log(name, tensor.shape, toFloat32(tensor).length);
 * ```
 *
 * @throws WeightFormatError damaged, hostile, of an unknown format, or without tensors
 */
export async function openCheckpoint(
  source: ByteSource | BytesLike | Blob,
  options: OpenCheckpointOptions = {},
): Promise<Checkpoint> {
  const bytes = toSource(source);
  const container = await detectContainer(bytes);
  if (container === 'safetensors') {
    const file = await openSafetensors(bytes, options.select);
    return { format: container, tensors: file.tensors, scalars: unpackScalars(file.metadata) };
  }
  const budget = new MemoryBudget(bytes.size);
  const { format, root } = await readObject(bytes, container, budget);
  refuseTensorflow(root);
  const flat = flattenCheckpoint(root);
  if (flat.tensors.size === 0) {
    throw new WeightFormatError(
      'The checkpoint holds no tensors.',
      'Save the state_dict of the network with torch.save.',
    );
  }
  return {
    format,
    tensors: await loadTensors(flat.tensors, budget, options),
    scalars: flat.scalars,
  };
}

type Stored = { toWeightTensor(name: string, budget: MemoryBudget): Promise<WeightTensor> };

async function loadTensors(
  stored: ReadonlyMap<string, Stored>,
  budget: MemoryBudget,
  { select = () => true, onProgress }: OpenCheckpointOptions,
): Promise<Map<string, WeightTensor>> {
  const names = [...stored.keys()].filter(select);
  const tensors = new Map<string, WeightTensor>();
  // The same tensor may have several names.
  const loaded = new Map<Stored, WeightTensor>();
  for (const name of names) {
    const source = stored.get(name)!;
    const tensor = loaded.get(source) ?? (await source.toWeightTensor(name, budget));
    loaded.set(source, tensor);
    tensors.set(name, tensor);
    onProgress?.({ loaded: tensors.size, total: names.length });
  }
  return tensors;
}

/** The object in a zip file, in a plain pickle, or in the pickles of PyTorch's legacy format. */
async function readObject(
  source: ByteSource,
  container: 'zip' | 'pickle',
  budget: MemoryBudget,
): Promise<{ format: CheckpointFormat; root: unknown }> {
  if (container === 'zip') {
    return { format: 'pytorch-zip', root: await readZipCheckpoint(source, budget) };
  }
  const policy = new CheckpointPolicy(
    {
      external: (key) => {
        throw new WeightFormatError(`The pickle keeps the storage "${key}" outside of it.`);
      },
      embedded: embeddedStorage,
    },
    budget,
  );
  const { value, end } = await readPickle(source, 0, policy);
  return value === LEGACY_MAGIC
    ? { format: 'pytorch-legacy', root: await readLegacyCheckpoint(source, end, budget) }
    : { format: 'pickle', root: value };
}

/** NVIDIA's TensorFlow pickles: a tuple (G, D, Gs) of `dnnlib.tflib.network.Network`. */
function refuseTensorflow(root: unknown): void {
  const items = Array.isArray(root) ? root : root instanceof Map ? [...root.values()] : [root];
  const network = items.find(
    (item) => item instanceof PickleObject && /tflib.*Network$|^tfutil\.Network$/.test(item.type),
  );
  if (network === undefined) return;
  throw new WeightFormatError(
    'This is a TensorFlow StyleGAN2 pickle, which is not supported.',
    'Use the file NVIDIA offers for PyTorch (stylegan2-ada-pytorch), or convert this one with its legacy.py: python legacy.py --source=old.pkl --dest=new.pkl.',
  );
}

/**
 * The tensors whose names begin with `prefix`, without it: `subsetArchive(checkpoint, 'g_ema/')`.
 *
 * ```ts
 * import { bytesSource, openCheckpoint, subsetArchive } from '@latent-matte/core/checkpoints';
 *
 * declare const bytes: Uint8Array;
 * const archive = await openCheckpoint(bytesSource(bytes));
 * // `generator.conv.weight` becomes `conv.weight`.
 * const generator = subsetArchive(archive, 'generator.');
 * ```
 *
 * @throws WeightFormatError when there are none; the message lists the prefixes there are
 */
export function subsetArchive(archive: WeightArchive, prefix: string): WeightArchive {
  const tensors = new Map<string, WeightTensor>();
  for (const [name, tensor] of archive.tensors) {
    if (name.startsWith(prefix)) tensors.set(name.slice(prefix.length), tensor);
  }
  if (tensors.size === 0) {
    const groups = new Set([...archive.tensors.keys()].map((name) => name.split(/[/.]/, 1)[0]!));
    throw new WeightFormatError(
      `The checkpoint has no tensors under "${prefix}".`,
      `There are: ${[...groups].slice(0, 12).join(', ')}${groups.size > 12 ? ', …' : ''}.`,
    );
  }
  return { tensors };
}
