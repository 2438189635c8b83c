import type { GeneratorContext } from '@latent-matte/core';
import type { WeightArchive } from '@latent-matte/core/checkpoints';
import {
  Autoencoder,
  AutoencoderGenerator,
  type AutoencoderGeneratorOptions,
  type AutoencoderOptions,
} from '../autoencoder';
import { joinTaef2Files } from './join-files';
import { taef2Form } from './network';

/**
 * TAEF2 from its two files, in any order, or from one archive of both. The caller disposes it.
 *
 * @throws WeightsError naming every tensor that is missing, unexpected or misshapen
 */
export function createTaef2(
  archives: WeightArchive | readonly WeightArchive[],
  options: AutoencoderOptions = {},
): Autoencoder {
  const list = 'tensors' in archives ? [archives] : archives;
  return new Autoencoder(taef2Form, joinTaef2Files(list), options);
}

/**
 * A {@link AutoencoderGenerator} for one portrait, with a network of its own. The caller disposes it.
 *
 * ```ts
 * const files = await Promise.all(
 *   ['taef2_encoder.pth', 'taef2_decoder.pth'].map(async (file) => openCheckpoint(await readFile(file))),
 * );
 * await enhancePortrait(photo, { advanced: { generator: (context) => createTaef2Generator(files, context) } });
 * ```
 *
 * @throws WeightsError weights that do not fit. @throws InvalidOptionError no portrait
 * @throws InvalidImageError a portrait too large
 */
export function createTaef2Generator(
  archives: WeightArchive | readonly WeightArchive[],
  context: GeneratorContext | undefined,
  options: AutoencoderOptions & AutoencoderGeneratorOptions = {},
): AutoencoderGenerator {
  return AutoencoderGenerator.of(() => createTaef2(archives, options), context, options);
}
