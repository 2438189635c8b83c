import {
  type CompactWeights,
  compactDiscriminator,
  compactEncoder,
  compactFaceDiscriminator,
  compactGenerator,
  compactMatting,
  compactTrimap,
  compactWeights,
  portrait,
} from '@latent-matte/compact';
import type { WeightProgress } from '@latent-matte/core';
import { activeBackend } from '@latent-matte/core/internal';

// The only module that knows the package of the weights.

const urls = {
  portrait,
  'compact-trimap': compactTrimap,
  'compact-matting': compactMatting,
  'compact-discriminator': compactDiscriminator,
  'compact-generator': compactGenerator,
  'compact-encoder': compactEncoder,
  'compact-face-discriminator': compactFaceDiscriminator,
} as const satisfies Readonly<Record<string, () => URL>>;

export type EmbeddedFileId = keyof typeof urls;

/** A file of weights that is installed along, and what its manifest says about it. */
export interface EmbeddedFile extends CompactWeights {
  readonly id: EmbeddedFileId;
  /** Where it is, for the backend to read or fetch. */
  readonly url: () => URL;
}

export interface LoadOptions {
  /** Bytes loaded so far. */
  onProgress?: (progress: WeightProgress) => void;
}

export function embeddedFile(id: EmbeddedFileId): EmbeddedFile {
  // The test of the catalogue finds each.
  const listed = compactWeights.find((weights) => weights.id === id)!;
  return { ...listed, id, url: urls[id] };
}

/**
 * The content of an embedded file, its size and SHA-256 checked.
 *
 * @throws WeightsError when it is not the file of the manifest
 */
export async function loadBytes(
  id: EmbeddedFileId,
  { onProgress }: LoadOptions,
): Promise<Uint8Array> {
  const { url, file, size, sha256 } = embeddedFile(id);
  const named = { name: file.slice(file.lastIndexOf('/') + 1), url: url().href, size, sha256 };
  return await activeBackend().resolveWeights(named, onProgress);
}
