import {
  activeBackend,
  assignWeights,
  parseSafetensors,
  UnknownModelError,
  type WeightProgress,
} from '@latent-matte/core';
import {
  CompactDiscriminator,
  CompactMatting,
  CompactPerceptual,
  CompactTrimap,
  type WeightValues,
} from './compact/compact-models';
import {
  discriminatorNetwork,
  mattingNetwork,
  type NetworkDefinition,
  trimapNetwork,
} from './compact/networks';
import { type ModelEntry, models } from './manifest';

// Literal URLs, so that bundlers find and copy the files.
const urls: Record<string, () => URL> = {
  'compact-trimap': () => new URL('../weights/compact-trimap.safetensors', import.meta.url),
  'compact-matting': () => new URL('../weights/compact-matting.safetensors', import.meta.url),
  'compact-discriminator': () =>
    new URL('../weights/compact-discriminator.safetensors', import.meta.url),
};

export interface LoadOptions {
  /** Bytes loaded so far. */
  onProgress?: (progress: WeightProgress) => void;
}

function entryOf(id: string): ModelEntry {
  const entry = models.find((model) => model.id === id);
  if (entry === undefined) {
    throw new UnknownModelError(
      `There is no embedded model "${id}".`,
      `Embedded: ${models.map((model) => model.id).join(', ')}.`,
    );
  }
  return entry;
}

async function loadValues(
  network: NetworkDefinition,
  { onProgress }: LoadOptions,
): Promise<WeightValues> {
  const { size, sha256 } = entryOf(network.name);
  const url = urls[network.name]().href;
  const bytes = await activeBackend().resolveWeights({ url, size, sha256 }, onProgress);
  const shapes = Object.fromEntries(
    Object.entries(network.parameters).map(([name, { shape }]) => [name, shape]),
  );
  return assignWeights(parseSafetensors(bytes), shapes, network.name);
}

/** The embedded trimap network. Needs an active backend. The caller disposes it. */
export async function loadCompactTrimap(options: LoadOptions = {}): Promise<CompactTrimap> {
  return new CompactTrimap(await loadValues(trimapNetwork, options));
}

/** The embedded matting network. Needs an active backend. The caller disposes it. */
export async function loadCompactMatting(
  options: LoadOptions & { trainable?: boolean } = {},
): Promise<CompactMatting> {
  return new CompactMatting(await loadValues(mattingNetwork, options), options);
}

/** The embedded discriminator. Needs an active backend. The caller disposes it. */
export async function loadCompactDiscriminator(
  options: LoadOptions = {},
): Promise<CompactDiscriminator> {
  return new CompactDiscriminator(await loadValues(discriminatorNetwork, options));
}

/** Features of the embedded trimap network. Needs an active backend. The caller disposes it. */
export async function loadCompactPerceptual(options: LoadOptions = {}): Promise<CompactPerceptual> {
  return new CompactPerceptual(await loadValues(trimapNetwork, options));
}
