import { assertOptions } from '../assert-options';
import type { RasterImage } from '../contracts';
import { drainSteps } from '../drain-steps';
import { enhancePortraitSteps } from './enhance-portrait-steps';
import type { EnhanceOptions } from './options';
import type { Enhancement } from './types';

/**
 * Finds a version of a portrait that looks the same and that a matting model cuts out better (Xu, Zhou, He,
 * "Self-supervised Matting-specific Portrait Enhancement and Generation", IEEE TIP 2022, Algorithm 1).
 *
 * ```ts
 * import { enhancePortrait, readImage, useNodeBackend } from '@latent-matte/backend-node';
 *
 * await useNodeBackend();
 * const { portrait, enhanced, psnr } = await enhancePortrait(await readImage('photo.jpg'));
 * ```
 *
 * @param image a portrait, any size from 32×32 to 100 megapixels
 * @throws InvalidImageError, ImageTooSmallError, ImageTooLargeError for unusable pictures
 * @throws NoPersonError when the trimap model finds no foreground
 * @throws InvalidOptionError, UnknownModelError, WeightsError, ModelOutputError
 * @throws AbortedError when `options.signal` fires; its `best` is the best result so far
 */
export async function enhancePortrait(
  image: RasterImage,
  options: EnhanceOptions = {},
): Promise<Enhancement> {
  assertOptions(options, 'options');
  return await drainSteps(enhancePortraitSteps(image, options), options.onProgress);
}
