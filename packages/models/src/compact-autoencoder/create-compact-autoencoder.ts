import type { GeneratorContext } from '@latent-matte/core';
import type { WeightArchive } from '@latent-matte/core/checkpoints';
import {
  Autoencoder,
  AutoencoderGenerator,
  type AutoencoderGeneratorOptions,
  type AutoencoderOptions,
} from '../autoencoder';
import { compactAutoencoderForm } from './network';

/**
 * The embedded autoencoder from its weights. The caller disposes it.
 *
 * @throws WeightsError naming every tensor that is missing, unexpected or misshapen
 */
export function createCompactAutoencoder(
  archive: WeightArchive,
  options: AutoencoderOptions = {},
): Autoencoder {
  return new Autoencoder(compactAutoencoderForm, archive, options);
}

/**
 * An {@link AutoencoderGenerator} for one portrait, with a network of its own. The caller disposes it.
 *
 * ```ts
 * const archive = await openCheckpoint(await readFile('compact-autoencoder.safetensors'));
 * await enhancePortrait(photo, {
 *   advanced: { generator: (context) => createCompactAutoencoderGenerator(archive, context) },
 * });
 * ```
 *
 * @throws WeightsError weights that do not fit. @throws InvalidOptionError no portrait
 * @throws InvalidImageError a portrait too large
 */
export function createCompactAutoencoderGenerator(
  archive: WeightArchive,
  context: GeneratorContext | undefined,
  options: AutoencoderOptions & AutoencoderGeneratorOptions = {},
): AutoencoderGenerator {
  return AutoencoderGenerator.of(
    () => createCompactAutoencoder(archive, options),
    context,
    options,
  );
}
