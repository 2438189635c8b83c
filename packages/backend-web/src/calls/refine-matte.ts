import {
  type FloatImage,
  type RasterImage,
  type RefineMatteOptions,
  refineMatte as refineOfImage,
  type WorkOptions,
} from '@latent-matte/core';
import { assertOptions } from '@latent-matte/core/internal';
import { decodedPicture, type PictureSource } from '../cut-out/picture-source';

/**
 * Fits a matte to the colours of its picture: closed-form matting (Levin, Lischinski, Weiss, PAMI 2008) with the matte as
 * a prior over the unknown pixels. The matte of a network says roughly what belongs to the person; the matting
 * Laplacian, where exactly the edge runs and how transparent each hair is. Needs no weights. A fifth of a second at 512²
 * with a usual trimap.
 *
 * ```ts
 * import { matte, refineMatte, toBlob, useWebBackend } from '@latent-matte/backend-web';
 *
 * await useWebBackend({ worker: true });
 * const photo = input.files![0]!;
 * const { alpha } = await matte(photo, { refine: false });
 * // 1 where the person is for sure, 0 where nobody is, 0.5 where the edge runs.
 * const trimap = { ...alpha, data: alpha.data.map((a) => (a > 0.95 ? 1 : a < 0.05 ? 0 : 0.5)) };
 * image.src = URL.createObjectURL(await toBlob(await refineMatte(photo, alpha, trimap)));
 * ```
 *
 * @param photo in any form that `cutOut` takes
 * @param matte one channel, the same size
 * @param trimap one channel, the same size: below 0.1 background, above 0.9 foreground, else unknown
 * @returns one channel in [0, 1]
 * @throws InvalidImageError an unusable photo, sizes or channels that do not fit, or NaN
 * @throws InvalidOptionError an unknown option, priorWeight that is not a positive number, sureWeight below it
 * @throws AbortedError the signal fired
 */
export async function refineMatte(
  photo: PictureSource,
  matte: RasterImage,
  trimap: RasterImage,
  options: RefineMatteOptions & WorkOptions = {},
): Promise<FloatImage> {
  assertOptions(options, 'options');
  const image = await decodedPicture(photo, { signal: options.signal });
  return await refineOfImage(image, matte, trimap, options);
}
