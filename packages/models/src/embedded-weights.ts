import {
  type CompactWeights,
  compactDiscriminator,
  compactMatting,
  compactTrimap,
  compactWeights,
  portrait,
} from '@latent-matte/compact';
// Only what is known about the files: it is bundled, and the package with the files is not needed.
import { generatorWeights } from '@latent-matte/compact-generator/manifest';
import type { WeightProgress } from '@latent-matte/core';
import { activeBackend } from '@latent-matte/core/internal';

// The only module that knows the packages of the weights.

/** A file of the package that users install themselves: the backend finds it, or says what to install. */
const ofGenerator = (file: string) => (): URL =>
  new URL(`npm:@latent-matte/compact-generator/weights/${file}.safetensors`);

const urls = {
  portrait,
  'compact-trimap': compactTrimap,
  'compact-matting': compactMatting,
  'compact-discriminator': compactDiscriminator,
  'compact-generator': ofGenerator('compact-generator'),
  'compact-encoder': ofGenerator('compact-encoder'),
  'compact-face-discriminator': ofGenerator('compact-face-discriminator'),
} as const satisfies Readonly<Record<string, () => URL>>;

export type EmbeddedFileId = keyof typeof urls;

const manifest: readonly CompactWeights[] = [
  ...compactWeights,
  ...(generatorWeights as readonly unknown[] as readonly CompactWeights[]),
];

/** A file of weights of our own, and what its manifest says about it. */
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
  const listed = manifest.find((weights) => weights.id === id)!;
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
