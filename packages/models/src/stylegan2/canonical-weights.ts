import { InvalidOptionError, WeightsError } from '@latent-matte/core';
import type { WeightArchive, WeightTensor } from '@latent-matte/core/checkpoints';
import { ambiguous, isAverage, isTrained, isWrapper, partsOf } from '../layers/network-groups';
import { discriminatorNames, generatorNames } from './nvlabs-names';

/** Which network of a checkpoint. */
export type StyleGAN2Network = 'generator' | 'discriminator';

interface Probe {
  /** A tensor every network of that kind has, in both conventions. */
  readonly rosinality: string;
  readonly nvlabs: string;
  /** Name of its group in a training checkpoint, where it has one that is not {@link isTrained}. */
  readonly groups: readonly string[];
}

const PROBES: Readonly<Record<StyleGAN2Network, Probe>> = {
  generator: {
    rosinality: 'input.input',
    nvlabs: 'synthesis.b4.const',
    groups: [],
  },
  discriminator: {
    rosinality: 'final_conv.0.weight',
    nvlabs: 'b4.conv.weight',
    groups: ['d', 'D'],
  },
};

/** Constants of the low-pass filters: the same in every network, and part of the code here. */
const FILTER_BUFFER = /(^|\.)(resample_filter|kernel)$/;

/**
 * One network of a StyleGAN2 checkpoint in the names and shapes of rosinality/stylegan2-pytorch, whatever its
 * origin: a training checkpoint (`g_ema/…`, `G_ema/…`), a network alone, the names of NVlabs. Low-pass buffers are
 * left out. Nothing is copied.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { openCheckpoint } from '@latent-matte/backend-node/checkpoints';
 * import { canonicalStyleGAN2Weights } from '@latent-matte/backend-node/models';
 *
 * const checkpoint = await openCheckpoint(await readFile('ffhq.pkl'));
 * const { prefix, tensors } = canonicalStyleGAN2Weights(checkpoint, 'generator');
 * console.log(prefix, tensors.size);
 * ```
 *
 * @returns tensors by name, and the prefix that the network had in `archive`
 * @throws WeightsError when there is no such network in it
 * @throws InvalidOptionError another network
 */
export function canonicalStyleGAN2Weights(
  archive: WeightArchive,
  network: StyleGAN2Network,
): WeightArchive & { readonly prefix: string } {
  if (!Object.hasOwn(PROBES, network)) {
    throw new InvalidOptionError(
      `There is no network "${String(network)}" in a StyleGAN2.`,
      `Use ${Object.keys(PROBES).join(' or ')}.`,
    );
  }
  const { prefix, nvlabs } = locate(archive, network);
  const own = new Map<string, WeightTensor>();
  for (const [name, tensor] of archive.tensors) {
    if (!name.startsWith(prefix)) continue;
    const inner = name.slice(prefix.length);
    // Without a prefix, what belongs to another network of the checkpoint stands in a group.
    if (FILTER_BUFFER.test(inner) || (prefix === '' && inner.includes('/'))) continue;
    own.set(inner, tensor);
  }
  const mean = archive.tensors.get('latent_avg');
  if (network === 'generator' && !nvlabs && mean !== undefined) own.set('latent_avg', mean);
  return { prefix, tensors: nvlabs ? renamed(own, network) : own };
}

function locate(
  archive: WeightArchive,
  network: StyleGAN2Network,
): { prefix: string; nvlabs: boolean } {
  const { rosinality, nvlabs, groups } = PROBES[network];
  const found: { prefix: string; nvlabs: boolean; rank: number }[] = [];
  for (const name of archive.tensors.keys()) {
    for (const probe of [rosinality, nvlabs]) {
      if (!name.endsWith(probe)) continue;
      const prefix = name.slice(0, name.length - probe.length);
      if (prefix !== '' && !/[./]$/.test(prefix)) continue;
      found.push({ prefix, nvlabs: probe === nvlabs, rank: rankOf(prefix, groups) });
    }
  }
  found.sort((a, b) => a.rank - b.rank || a.prefix.length - b.prefix.length);
  const best = found.filter(({ rank }) => rank === found[0]!.rank);
  if (best.length > 1 && new Set(best.map(({ prefix }) => prefix)).size > 1) {
    throw ambiguous(
      `a StyleGAN2 ${network}`,
      best.map(({ prefix }) => prefix),
    );
  }
  if (found.length === 0) {
    const some = [...archive.tensors.keys()].slice(0, 5).join('", "');
    throw new WeightsError(
      `These weights hold no StyleGAN2 ${network}: neither "${rosinality}" nor "${nvlabs}" is among ${archive.tensors.size} tensors ("${some}" …).`,
      'Use a checkpoint of rosinality/stylegan2-pytorch or NVlabs/stylegan2-ada-pytorch, or one converted from it.',
    );
  }
  return found[0];
}

/** The moving average before the network alone or its trained weights, and those before what else there is. */
function rankOf(prefix: string, groups: readonly string[]): number {
  const parts = partsOf(prefix).filter((part) => !isWrapper(part));
  if (parts.some(isAverage)) return 0;
  return parts.every((part) => isTrained(part) || groups.includes(part)) ? 1 : 2;
}

/** From the names and shapes of NVlabs. Names it does not know stay, to be reported as unexpected. */
function renamed(
  tensors: ReadonlyMap<string, WeightTensor>,
  network: StyleGAN2Network,
): Map<string, WeightTensor> {
  const indexOf = (pattern: RegExp) =>
    [...tensors.keys()].map((name) => Number(pattern.exec(name)?.[1] ?? 0));
  const resolution = Math.min(2048, Math.max(4, ...indexOf(/^(?:synthesis\.)?b(\d+)\./)));
  const layers = Math.min(64, 1 + Math.max(0, ...indexOf(/^mapping\.fc(\d+)\./)));
  const names =
    network === 'generator' ? generatorNames(resolution, layers) : discriminatorNames(resolution);
  return new Map(
    [...tensors].map(([name, tensor]): [string, WeightTensor] => {
      const canonical = names.get(name);
      if (canonical === undefined) return [name, tensor];
      return [canonical, { ...tensor, shape: canonicalShape(canonical, tensor.shape) }];
    }),
  );
}

/** NVlabs leaves out dimensions of length 1 that rosinality has. */
function canonicalShape(name: string, shape: readonly number[]): readonly number[] {
  if (name === 'input.input' && shape.length === 3) return [1, ...shape];
  if (name.endsWith('.noise.weight') && shape.length === 0) return [1];
  if (name.startsWith('noises.') && shape.length === 2) return [1, 1, ...shape];
  if (/^to_rgb.*\d\.bias$/.test(name) && shape.length === 1) return [1, ...shape, 1, 1];
  // Modulated convolutions only: those of the discriminator have the same shape in both.
  const modulated = /^(conv1|convs\.\d+|to_rgb1|to_rgbs\.\d+)\.conv\.weight$/.test(name);
  return modulated && shape.length === 4 ? [1, ...shape] : shape;
}
