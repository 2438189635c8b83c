import type { GeneratorContext } from '@latent-matte/core';
import { parseSafetensors } from '@latent-matte/core/checkpoints';
import type { AutoencoderGenerator } from '../autoencoder';
import { embeddedFile, type LoadOptions, loadBytes } from '../embedded-weights';
import { createCompactAutoencoderGenerator } from './create-compact-autoencoder';

/** The embedded autoencoder, as a generator of one portrait. Needs an active backend. The caller disposes it. */
export async function loadCompactAutoencoder({
  portrait,
  ...options
}: LoadOptions & { portrait?: GeneratorContext } = {}): Promise<AutoencoderGenerator> {
  const name = 'compact-autoencoder';
  const archive = parseSafetensors(await loadBytes(name, options));
  const { license } = embeddedFile(name);
  return createCompactAutoencoderGenerator(archive, portrait, { name, license });
}
