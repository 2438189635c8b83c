import { type GeneratorContext, InvalidOptionError } from '@latent-matte/core';
import type { WeightArchive } from '@latent-matte/core/checkpoints';
import { joinTaef2Files } from './join-files';
import { Taef2, type Taef2Options } from './taef2';
import { Taef2Generator, type Taef2GeneratorOptions } from './taef2-generator';

/**
 * TAEF2 from its two files, in any order, or from one archive of both. The caller disposes it.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { openCheckpoint } from '@latent-matte/core/checkpoints';
 * import { createTaef2 } from '@latent-matte/models';
 *
 * const network = createTaef2(await openCheckpoint(await readFile('taef2.safetensors')));
 * network.dispose();
 * ```
 *
 * @throws WeightsError naming every tensor that is missing, unexpected or misshapen
 */
export function createTaef2(
  archives: WeightArchive | readonly WeightArchive[],
  options: Taef2Options = {},
): Taef2 {
  const list = 'tensors' in archives ? [archives] : archives;
  return new Taef2(joinTaef2Files(list), options);
}

/**
 * A {@link Taef2Generator} for one portrait, with a network of its own. The caller disposes it.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { enhancePortrait } from '@latent-matte/core';
 * import { openCheckpoint } from '@latent-matte/core/checkpoints';
 * import { createTaef2Generator } from '@latent-matte/models';
 *
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
  options: Taef2Options & Taef2GeneratorOptions = {},
): Taef2Generator {
  const network = createTaef2(archives, options);
  try {
    if (context === undefined) {
      throw new InvalidOptionError(
        `"${network.name}" is made for each portrait, and none was given.`,
        `Give its name where it is used, { generator: '${network.name}' }, or loadModel('${network.name}', { portrait: { image } }).`,
      );
    }
    return new Taef2Generator(network, context, options);
  } catch (error) {
    network.dispose();
    throw error;
  }
}
