import { WeightsError } from '@latent-matte/core';
import type { WeightArchive } from '@latent-matte/core/checkpoints';
import {
  channelTable,
  type StyleGAN2Architecture,
  type StyleGAN2GeneratorArchitecture,
} from './architecture';

const MAX_LEVELS = 9;
const MAX_MAPPING_LAYERS = 32;

/** Sizes of a generator from the names and shapes of its tensors; what is missing is taken as published. */
export function inferGenerator({ tensors }: WeightArchive): StyleGAN2GeneratorArchitecture {
  const last = largestIndex(tensors, /^(?:convs|to_rgbs)\.(\d+)\./, (name, i) =>
    name.startsWith('convs') ? Math.floor(i / 2) : i,
  );
  const { resolution, levels } = sizeOf(last + 2, 'convs and to_rgbs');
  const published = channelTable(resolution);
  const side = (name: string, axis: number) => tensors.get(name)?.shape[axis];
  const channels = Array.from({ length: levels }, (_, level) => {
    const name = level === 0 ? 'conv1' : `convs.${2 * level - 1}`;
    return side(`${name}.conv.weight`, 1) ?? side(`${name}.activate.bias`, 0) ?? published[level];
  });
  const styleSize = side('conv1.conv.modulation.weight', 1) ?? side('style.1.bias', 0) ?? 512;
  return {
    resolution,
    channels,
    styleSize,
    latentSize: side('style.1.weight', 1) ?? styleSize,
    mappingLayers: Math.min(MAX_MAPPING_LAYERS, largestIndex(tensors, /^style\.(\d+)\./)),
  };
}

/** Sizes of a discriminator, likewise. */
export function inferDiscriminator({ tensors }: WeightArchive): StyleGAN2Architecture {
  const top = largestIndex(tensors, /^convs\.(\d+)\./);
  const { resolution, levels } = sizeOf(top + 1, 'convs');
  const published = channelTable(resolution);
  const channels = Array.from({ length: levels }, (_, level) => {
    const n = top - level;
    const name = n === 0 ? 'convs.0.0.weight' : `convs.${n}.conv2.1.weight`;
    return tensors.get(name)?.shape[0] ?? published[level];
  });
  return { resolution, channels };
}

function largestIndex(
  tensors: WeightArchive['tensors'],
  pattern: RegExp,
  convert = (_name: string, index: number) => index,
): number {
  let largest = 0;
  for (const name of tensors.keys()) {
    const match = pattern.exec(name);
    if (match !== null) largest = Math.max(largest, convert(name, Number(match[1])));
  }
  return largest;
}

function sizeOf(levels: number, what: string): { resolution: number; levels: number } {
  if (levels < 3 || levels > MAX_LEVELS) {
    throw new WeightsError(
      `The numbers of ${what} tell ${levels} resolutions from 4² up; StyleGAN2 has 3 (16²) to ${MAX_LEVELS} (1024²).`,
      'Use a complete checkpoint of a network of 16² to 1024².',
    );
  }
  return { resolution: 2 ** (levels + 1), levels };
}
