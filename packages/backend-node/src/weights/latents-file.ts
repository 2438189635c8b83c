import {
  type LatentData,
  parseLatents,
  type SavedLatents,
  serializeLatents,
} from '@latent-matte/core';
import { readExactly } from '@latent-matte/core/internal';
import { writeFileAtomic } from '@latent-matte/files/write-file-atomic';
import { openFileSource } from './file-source';

/**
 * Writes latents to a safetensors file, whole or not at all.
 *
 * @param generator name of the generator they belong to
 * @param metadata further strings to keep, for instance the PSNR of the inversion
 * @throws OutputError
 */
export async function saveLatents(
  path: string,
  latents: LatentData,
  generator: string,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeFileAtomic(path, serializeLatents(latents, generator, metadata));
}

/**
 * Reads a file of {@link saveLatents}; give `latents` as the `start` of an inversion.
 *
 * @throws WeightsError the file cannot be read
 * @throws WeightFormatError it holds something else
 */
export async function loadLatents(path: string): Promise<SavedLatents> {
  const source = await openFileSource(path);
  try {
    return parseLatents(await readExactly(source, 0, source.size, path));
  } finally {
    await source.close();
  }
}
