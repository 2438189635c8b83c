import {
  type ClosedFormMattingOptions,
  type FloatImage,
  closedFormMatting as mattingOfImage,
  type RasterImage,
  type WorkOptions,
} from '@latent-matte/core';
import { assertOptions } from '@latent-matte/core/internal';
import { decodedPicture, type PictureSource } from '../cut-out/picture-source';

/**
 * Closed-form matting (Levin, Lischinski, Weiss, PAMI 2008): the classical baseline, without a network. Takes half a
 * second at 512² with a usual trimap, and grows faster than the number of unknown pixels.
 *
 * ```ts
 * import { toBlob } from '@latent-matte/backend-web';
 * import { closedFormMatting } from '@latent-matte/backend-web/core';
 *
 * const alpha = await closedFormMatting(input.files![0]!, trimap);
 * image.src = URL.createObjectURL(await toBlob(alpha));
 * ```
 *
 * @param photo in any form that `cutOut` takes
 * @param trimap one channel, the size of the photo: below 0.1 background, above 0.9 foreground
 * @throws InvalidImageError an unusable photo, sizes or channels that do not fit, NaN, or nothing certain
 * @throws InvalidOptionError an unknown option
 * @throws AbortedError the signal fired
 */
export async function closedFormMatting(
  photo: PictureSource,
  trimap: RasterImage,
  options: ClosedFormMattingOptions & WorkOptions = {},
): Promise<FloatImage> {
  assertOptions(options, 'options');
  const image = await decodedPicture(photo, { signal: options.signal });
  return await mattingOfImage(image, trimap, options);
}
