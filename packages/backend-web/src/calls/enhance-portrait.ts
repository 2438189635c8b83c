import { type EnhanceOptions, enhancePortrait as enhanceImage } from '@latent-matte/core';
import { resolveEnhancement } from '@latent-matte/core/internal';
import type { PictureSource } from '../cut-out/picture-source';
import { shownEnhancement, type WebEnhancement } from '../cut-out/shown-enhancement';

/**
 * Finds a version of a portrait that looks the same and that a matting model cuts out better (Xu, Zhou, He,
 * "Self-supervised Matting-specific Portrait Enhancement and Generation", IEEE TIP 2022, Algorithm 1). Needs an active
 * backend; runs in its worker where it has one.
 *
 * ```ts
 * import { enhancePortrait, useWebBackend } from '@latent-matte/backend-web';
 *
 * await useWebBackend({ worker: true });
 * const { before, after } = await enhancePortrait(input.files![0]);
 * left.src = URL.createObjectURL(await before.toBlob());
 * right.src = URL.createObjectURL(await after.toBlob());
 * ```
 *
 * @param photo an address, a `Blob` or `File`, a bitmap, a canvas, an `<img>`, or pixels (`ImageData`, `RasterImage`);
 *   any size from 32×32, pixels up to 100 megapixels, what is to be decoded up to 50
 * @throws InvalidImageError, ImageTooSmallError, ImageTooLargeError for unusable pictures
 * @throws NoPersonError when the trimap model finds no foreground
 * @throws InvalidOptionError, UnknownModelError, WeightsError, ModelOutputError
 * @throws AbortedError when `options.signal` fires; its `best` is the best {@link WebEnhancement} so far
 */
export async function enhancePortrait(
  photo: PictureSource,
  options: EnhanceOptions = {},
): Promise<WebEnhancement> {
  // Before a photo is fetched.
  resolveEnhancement(options);
  return await shownEnhancement(enhanceImage, photo, options);
}
