import {
  type ClosedFormMattingOptions,
  type FloatImage,
  closedFormMatting as mattingOfImage,
  type WorkOptions,
} from '@latent-matte/core';
import { assertOptions } from '@latent-matte/core/internal';
import {
  decodedMap,
  decodedPicture,
  type MapSource,
  type PictureSource,
} from '../image/decoded-picture';

/**
 * Closed-form matting (Levin, Lischinski, Weiss, PAMI 2008): the classical baseline, without a network. Takes half a
 * second at 512² with a usual trimap, and grows faster than the number of unknown pixels.
 *
 * ```ts
 * import { writeImage } from '@latent-matte/backend-node';
 * import { closedFormMatting } from '@latent-matte/backend-node/core';
 *
 * await writeImage('alpha.png', await closedFormMatting('photo.jpg', 'trimap.png'));
 * ```
 *
 * @param photo in any form that `cutOut` takes
 * @param trimap a file in any of these forms, or one channel of pixels: below 0.1 background, above 0.9 foreground
 * @throws InvalidImageError unusable files, sizes or channels that do not fit, NaN, or nothing certain
 * @throws InvalidOptionError an unknown option
 * @throws AbortedError the signal fired
 */
export async function closedFormMatting(
  photo: PictureSource,
  trimap: MapSource,
  options: ClosedFormMattingOptions & WorkOptions = {},
): Promise<FloatImage> {
  assertOptions(options, 'options');
  const { signal } = options;
  return await mattingOfImage(
    await decodedPicture(photo, { signal }),
    await decodedMap(trimap, signal),
    options,
  );
}
