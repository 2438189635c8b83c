import {
  cutOutWithMatte as cutOutOfImage,
  type EstimateForegroundOptions,
  estimateForeground as estimateOfImage,
  type FloatImage,
  type ImageLayers,
  type PortraitLayers,
} from '@latent-matte/core';
import { assertOptions, isTensor } from '@latent-matte/core/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import {
  decodedMap,
  decodedPicture,
  type MapSource,
  type PictureSource,
} from '../image/decoded-picture';

/**
 * The colours of the person and of what is behind: F and B with αF + (1 − α)B ≈ I (paper Eq. 5). Without F, hair
 * that is pasted on a new background brings the old one along.
 *
 * Pictures need no backend, and may have up to 50 megapixels. Besides the photo and alpha, multi-level takes 30
 * bytes a pixel (1.5 GB at 50 megapixels), blur fusion 24 (1.2 GB), closed form 140 (7 GB). The computation lets
 * the event loop turn every 40 ms or so.
 *
 * On tensors the result is of the same kind; it is owned by the caller, and no gradient flows except with
 * `blur-fusion`. To differentiate through closed form, see `ClosedFormEstimator`.
 *
 * ```ts
 * import { estimateForeground } from '@latent-matte/backend-node';
 *
 * const { foreground } = await estimateForeground('photo.jpg', 'alpha.png');
 * ```
 *
 * @param photo in any form that `cutOut` takes; grey is repeated, RGBA is laid over mid-grey
 * @param alpha a file in any of these forms, or one channel of pixels, the size of the photo; values outside of [0, 1]
 *   are clipped
 * @throws InvalidImageError unusable files, sizes or channels that do not fit, or NaN
 * @throws InvalidOptionError an unknown option or method
 * @throws ImageTooLargeError above 50 megapixels
 * @throws AbortedError the signal fired
 */
export function estimateForeground(
  photo: PictureSource,
  alpha: MapSource,
  options?: EstimateForegroundOptions,
): Promise<ImageLayers>;
/** @param image RGB `[1, H, W, 3]` in [0, 1]. @param alpha `[1, H, W, 1]` in [0, 1]. */
export function estimateForeground(
  image: Tensor4D,
  alpha: Tensor4D,
  options?: EstimateForegroundOptions,
): Promise<PortraitLayers>;
export async function estimateForeground(
  photo: PictureSource | Tensor4D,
  alpha: MapSource | Tensor4D,
  options: EstimateForegroundOptions = {},
): Promise<ImageLayers | PortraitLayers> {
  assertOptions(options, 'options');
  // Also where only one is: core says what is wrong.
  if (isTensor(photo) || isTensor(alpha)) {
    return await estimateOfImage(photo as Tensor4D, alpha as Tensor4D, options);
  }
  const { signal } = options;
  return await estimateOfImage(
    await decodedPicture(photo, { signal }),
    await decodedMap(alpha, signal),
    options,
  );
}

/**
 * Cuts a photograph out with a matte of your own: RGBA, not premultiplied, with the colours of the person alone, so that no
 * halo of the old background clings to the hair.
 *
 * ```ts
 * import { writeImage } from '@latent-matte/backend-node';
 * import { cutOutWithMatte } from '@latent-matte/backend-node/core';
 *
 * await writeImage('cut-out.png', await cutOutWithMatte('photo.jpg', 'alpha.png'));
 * ```
 *
 * @param photo in any form that `cutOut` takes
 * @param alpha a file in any of these forms, or one channel of pixels, the size of the photo
 * @throws the errors of {@link estimateForeground}
 */
export async function cutOutWithMatte(
  photo: PictureSource,
  alpha: MapSource,
  options: EstimateForegroundOptions = {},
): Promise<FloatImage> {
  assertOptions(options, 'options');
  const { signal } = options;
  return await cutOutOfImage(
    await decodedPicture(photo, { signal }),
    await decodedMap(alpha, signal),
    options,
  );
}
