import {
  type Checkpoint,
  type CheckpointFormat,
  openCheckpoint,
  openFileSource,
  packScalars,
  serializeSafetensors,
  subsetArchive,
  type TensorSource,
  toFloat32,
  type WeightArchive,
  type WeightTensor,
} from '@latent-matte/backend-node/checkpoints';
import { WeightsError } from '@latent-matte/backend-node/core';
import {
  canonicalStyleGAN2Weights,
  type StyleGAN2Network,
} from '@latent-matte/backend-node/models';

export interface ConvertOptions {
  /** Store floats as this. Default: as they are. */
  dtype?: 'f16' | 'f32';
  /** Which network of a training checkpoint, for instance `g_ema` or `d`. */
  key?: string;
  /** Keep the names of the file, also where it is a StyleGAN2. */
  raw?: boolean;
  onProgress?: (progress: { loaded: number; total: number }) => void;
}

export interface Converted {
  /** A safetensors file. */
  readonly bytes: Uint8Array;
  readonly format: CheckpointFormat;
  /** Recognised by its tensors. */
  readonly network: 'stylegan2' | 'stylegan2-discriminator' | undefined;
  /** Where the network was in the file: `g_ema/module.`; empty when it stood alone. */
  readonly prefix: string;
  readonly tensors: number;
  readonly parameters: number;
  /** Tensors kept in float32 because float16 cannot hold some of their values. */
  readonly beyondFloat16: readonly string[];
}

/** The state of an optimiser: as large as the networks, and of no use here. */
const OPTIMIZER = /(^|\/)[a-z_]*optim(izer)?[a-z_]*(\/|$)/i;
const LARGEST_FLOAT16 = 65504;

/** So many times what was read may be written, and some: weights that are tied have two names or three. */
const MOST_GROWTH = 4;
const ALLOWANCE = 64 * 2 ** 20;

/**
 * Any checkpoint as a safetensors file. A StyleGAN2, of rosinality's or NVlabs' names, gets the names and shapes
 * of rosinality; without `key` its moving average is taken, else its discriminator.
 *
 * @throws WeightsError unreadable, nothing under `key`, values that are not finite, or one tensor under so many names
 *   that the file would be many times as large: safetensors keeps each apart
 * @throws WeightFormatError damaged, hostile or of an unknown format
 */
export async function convertCheckpoint(
  path: string,
  options: ConvertOptions = {},
): Promise<Converted> {
  const { key, dtype, raw = false, onProgress } = options;
  const source = await openFileSource(path);
  const groups = new Set<string>();
  let checkpoint: Checkpoint;
  try {
    checkpoint = await openCheckpoint(source, {
      select: (name) => {
        groups.add(name.split(/[/.]/, 1)[0]!);
        return key === undefined
          ? !OPTIMIZER.test(name)
          : isUnder(name, key) || name === 'latent_avg';
      },
      ...(onProgress && { onProgress }),
    });
  } finally {
    await source.close();
  }
  if (key !== undefined && ![...checkpoint.tensors.keys()].some((name) => isUnder(name, key))) {
    throw new WeightsError(
      `${path} has no tensors under "${key}".`,
      `There are: ${[...groups].slice(0, 12).join(', ')}${groups.size > 12 ? ', …' : ''}.`,
    );
  }
  const chosen = key === undefined ? checkpoint : underKey(checkpoint, key);
  assertGrowth(path, chosen, MOST_GROWTH * source.size + ALLOWANCE);
  const network = raw ? undefined : recognize(chosen);
  const converted =
    network === undefined
      ? { prefix: '', tensors: chosen.tensors }
      : canonicalStyleGAN2Weights(chosen, network);
  const beyondFloat16: string[] = [];
  const tensors = [...converted.tensors].map(([name, tensor]): [string, TensorSource] => {
    const stored = withDtype(name, tensor, dtype);
    if (dtype === 'f16' && stored.dtype === 'F32') beyondFloat16.push(name);
    return [name, stored];
  });
  const scalars = new Map(
    [...chosen.scalars]
      .filter(([name]) => name.startsWith(converted.prefix))
      .map(([name, value]) => [name.slice(converted.prefix.length), value]),
  );
  return {
    bytes: serializeSafetensors(tensors, packScalars(scalars)),
    format: checkpoint.format,
    network:
      network === undefined
        ? undefined
        : network === 'generator'
          ? 'stylegan2'
          : 'stylegan2-discriminator',
    prefix: converted.prefix,
    tensors: tensors.length,
    parameters: tensors.reduce(
      (sum, [, { shape }]) => sum + shape.reduce((product, size) => product * size, 1),
      0,
    ),
    beyondFloat16,
  };
}

/** A pickle may give one tensor a thousand names; a safetensors file would hold a thousand of it. */
function assertGrowth(path: string, { tensors }: WeightArchive, most: number): void {
  const size = [...tensors.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (size <= most) return;
  throw new WeightsError(
    `${path} gives its tensors so many names that a safetensors file of them would have ${size} bytes.`,
    'Choose one network with --key, or save its state_dict without duplicates.',
  );
}

const isUnder = (name: string, key: string): boolean =>
  name.startsWith(`${key}/`) || name.startsWith(`${key}.`);

/** One network of a checkpoint; the mean of w, which rosinality keeps beside its networks, comes along. */
function underKey(checkpoint: Checkpoint, key: string): Checkpoint {
  const separator = [...checkpoint.tensors.keys()].some((name) => name.startsWith(`${key}.`))
    ? '.'
    : '/';
  const tensors = new Map(subsetArchive(checkpoint, `${key}${separator}`).tensors);
  const mean = checkpoint.tensors.get('latent_avg');
  if (mean !== undefined && recognize({ tensors }) === 'generator') tensors.set('latent_avg', mean);
  const scalars = new Map(
    [...checkpoint.scalars]
      .filter(([name]) => name.startsWith(`${key}/`))
      .map(([name, value]) => [name.slice(key.length + 1), value]),
  );
  return { ...checkpoint, tensors, scalars };
}

/** Which StyleGAN2 network the tensors are, by one that only it has. */
function recognize({ tensors }: WeightArchive): StyleGAN2Network | undefined {
  const has = (pattern: RegExp) => [...tensors.keys()].some((name) => pattern.test(name));
  if (has(/(^|[./])(input\.input|synthesis\.b4\.const)$/)) return 'generator';
  if (has(/(^|[./])(final_conv\.0\.weight|b4\.conv\.weight)$/)) return 'discriminator';
  return undefined;
}

function withDtype(
  name: string,
  tensor: WeightTensor,
  dtype: ConvertOptions['dtype'],
): TensorSource {
  if (!['F64', 'F32', 'F16', 'BF16'].includes(tensor.dtype)) return tensor;
  const data = toFloat32(tensor, name);
  let largest = 0;
  for (const value of data) {
    if (!Number.isFinite(value)) {
      throw new WeightsError(
        `"${name}" holds ${value}.`,
        'The checkpoint is broken: take one from before its training diverged.',
      );
    }
    largest = Math.max(largest, Math.abs(value));
  }
  const stored = { shape: tensor.shape, data };
  if (dtype === undefined) return tensor;
  return { ...stored, dtype: dtype === 'f16' && largest <= LARGEST_FLOAT16 ? 'F16' : 'F32' };
}
