import {
  cutOutWithMatte as cutOutOfImage,
  type EstimateForegroundOptions,
  estimateForeground as estimateOfImage,
  type FloatImage,
  type ImageLayers,
  type PortraitLayers,
  type RasterImage,
} from '@latent-matte/core';
import { assertOptions, isTensor } from '@latent-matte/core/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { decodedPicture, type PictureSource } from '../cut-out/picture-source';

/**
 * The colours of the person and of what is behind: F and B with αF + (1 − α)B ≈ I (paper Eq. 5). Without F, hair
 * that is pasted on a new background brings the old one along. Runs in the worker of the backend where it has one.
 *
 * Pictures need no backend, and may have up to 50 megapixels. Besides the photo and alpha, multi-level takes 30
 * bytes a pixel (1.5 GB at 50 megapixels), blur fusion 24 (1.2 GB), closed form 140 (7 GB). The computation lets
 * the event loop turn every 40 ms or so.
 *
 * On tensors the result is of the same kind; it is owned by the caller, and no gradient flows except with
 * `blur-fusion`. To differentiate through closed form, see `ClosedFormEstimator`.
 *
 * ```ts
 * import { estimateForeground, matte } from '@latent-matte/backend-web';
 *
 * const photo = input.files![0]!;
 * const { alpha } = await matte(photo);
 * const { foreground } = await estimateForeground(photo, alpha);
 * ```
 *
 * @param photo in any form that `cutOut` takes; grey is repeated, RGBA is laid over mid-grey
 * @param alpha one channel, the size of the photo; values outside of [0, 1] are clipped
 * @throws InvalidImageError an unusable photo, sizes or channels that do not fit, or NaN
 * @throws InvalidOptionError an unknown option or method
 * @throws ImageTooLargeError above 50 megapixels
 * @throws AbortedError the signal fired
 */
export function estimateForeground(
  photo: PictureSource,
  alpha: RasterImage,
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
  alpha: RasterImage | Tensor4D,
  options: EstimateForegroundOptions = {},
): Promise<ImageLayers | PortraitLayers> {
  assertOptions(options, 'options');
  // Also where only one is: core says what is wrong.
  if (isTensor(photo) || isTensor(alpha)) {
    return await estimateOfImage(photo as Tensor4D, alpha as Tensor4D, options);
  }
  const image = await decodedPicture(photo, { signal: options.signal });
  return await estimateOfImage(image, alpha, options);
}

/**
 * Cuts a photograph out with a matte of your own: RGBA, not premultiplied, with the colours of the person alone, so that no
 * halo of the old background clings to the hair.
 *
 * ```ts
 * import { toBlob } from '@latent-matte/backend-web';
 * import { cutOutWithMatte } from '@latent-matte/backend-web/core';
 *
 * image.src = URL.createObjectURL(await toBlob(await cutOutWithMatte(input.files![0]!, alpha)));
 * ```
 *
 * @param photo in any form that `cutOut` takes
 * @param alpha one channel, the size of the photo
 * @throws the errors of {@link estimateForeground}
 */
export async function cutOutWithMatte(
  photo: PictureSource,
  alpha: RasterImage,
  options: EstimateForegroundOptions = {},
): Promise<FloatImage> {
  assertOptions(options, 'options');
  return await cutOutOfImage(
    await decodedPicture(photo, { signal: options.signal }),
    alpha,
    options,
  );
}
