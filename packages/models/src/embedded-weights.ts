import { activeBackend, UnknownModelError, type WeightProgress } from '@latent-matte/core';
import { type ModelEntry, models } from './manifest';

// Literal URLs, so that bundlers find and copy the files.
const urls: Record<string, () => URL> = {
  compact: () => new URL('../weights/compact-generator.safetensors', import.meta.url),
  'compact-encoder': () => new URL('../weights/compact-encoder.safetensors', import.meta.url),
  'compact-trimap': () => new URL('../weights/compact-trimap.safetensors', import.meta.url),
  'compact-matting': () => new URL('../weights/compact-matting.safetensors', import.meta.url),
  'compact-discriminator': () =>
    new URL('../weights/compact-discriminator.safetensors', import.meta.url),
  'compact-face-discriminator': () =>
    new URL('../weights/compact-face-discriminator.safetensors', import.meta.url),
};

export interface LoadOptions {
  /** Bytes loaded so far. */
  onProgress?: (progress: WeightProgress) => void;
}

/** What `models.json` says about an embedded model. */
export function entryOf(id: string): ModelEntry {
  const entry = models.find((model) => model.id === id);
  if (entry === undefined) {
    throw new UnknownModelError(
      `There is no embedded model "${id}".`,
      `Embedded: ${models.map((model) => model.id).join(', ')}.`,
    );
  }
  return entry;
}

/**
 * The weight file of an embedded model, its size and SHA-256 checked.
 *
 * @throws WeightsError when it is not the file of the manifest
 */
export async function loadBytes(id: string, { onProgress }: LoadOptions): Promise<Uint8Array> {
  const { size, sha256 } = entryOf(id);
  return await activeBackend().resolveWeights({ url: urls[id]().href, size, sha256 }, onProgress);
}
