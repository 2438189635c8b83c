import {
  type Inversion,
  type InvertOptions,
  invertPortrait as invertImage,
} from '@latent-matte/core';
import { assertOptions } from '@latent-matte/core/internal';
import { decodedPicture, type PictureSource } from '../image/decoded-picture';

/**
 * Finds latents with which a generator makes a given portrait: (w_o, n_o) of the paper's Algorithm 1, line 2,
 * by minimising L_pc and L_pp (Eq. 6 and 7) over W+, then over the noise maps. Needs an active backend.
 *
 * ```ts
 * import { useNodeBackend } from '@latent-matte/backend-node';
 * import { invertPortrait } from '@latent-matte/backend-node/core';
 * import { saveLatents } from '@latent-matte/backend-node/checkpoints';
 *
 * await useNodeBackend();
 * const { code, psnr } = await invertPortrait('photo.jpg', { generator: 'compact-generator' });
 * await saveLatents('photo.latents.safetensors', code, 'compact-generator');
 * ```
 *
 * A generator made of faces that are aligned alike (FFHQ) finds a face only where its training faces had it:
 * crop the portrait that way for W+ to mean something. Noise reproduces anything, meaningfully or not.
 *
 * @param photo in any form that `cutOut` takes, of any size; it is letterboxed into the generator's
 * @throws InvalidImageError, ImageTooLargeError for unusable pictures
 * @throws InvalidOptionError, UnknownModelError, WeightsError, ModelOutputError
 * @throws AbortedError when `options.signal` fires; its `best` is the best {@link Inversion} so far
 */
export async function invertPortrait(
  photo: PictureSource,
  options: InvertOptions,
): Promise<Inversion> {
  assertOptions(options, 'options');
  const { signal } = options;
  return await invertImage(await decodedPicture(photo, { signal }), options);
}
