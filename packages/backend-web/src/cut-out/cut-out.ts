import {
  cutOut as cutOutOfImage,
  type MatteOptions,
  matte as matteOfImage,
} from '@latent-matte/core';
import type { PictureSource } from './picture-source';
import {
  shownCutOut,
  shownMatte,
  type WebCutOut,
  type WebCutOutOptions,
  type WebMatte,
} from './shown';

export type { WebCutOut, WebCutOutOptions, WebMatte } from './shown';

/**
 * Cuts the person out of a photo: one forward pass of a matting model, and the colours of the person without those of
 * the old background. Needs an active backend; runs in its worker where it has one.
 *
 * ```ts
 * import { cutOut, useWebBackend } from '@latent-matte/backend-web';
 *
 * await useWebBackend({ worker: true });
 * const person = await cutOut(input.files![0]);
 * image.src = URL.createObjectURL(await person.toBlob());
 * ```
 *
 * @param photo an address, a `Blob` or `File`, a bitmap, a canvas, an `<img>`, or pixels (`ImageData`, `RasterImage`);
 *   any size from 32×32 to 50 megapixels
 * @throws InvalidImageError, ImageTooSmallError, ImageTooLargeError for unusable pictures
 * @throws InvalidOptionError, UnknownModelError, WeightsError
 * @throws ModelOutputError a model that answers NaN, or values that are no opacities
 * @throws NoPersonError next to nothing is foreground
 * @throws AbortedError the signal fired
 */
export async function cutOut(
  photo: PictureSource,
  options: WebCutOutOptions = {},
): Promise<WebCutOut> {
  return await shownCutOut(cutOutOfImage, photo, options);
}

/**
 * The matte of the person in a photo: alpha alone, in one forward pass. Needs an active backend; runs in its worker where
 * it has one.
 *
 * ```ts
 * import { matte, useWebBackend } from '@latent-matte/backend-web';
 *
 * await useWebBackend({ worker: true });
 * const { alpha, confidence } = await matte(input.files![0]);
 * ```
 *
 * @param photo as {@link cutOut}
 * @throws the errors of {@link cutOut}
 */
export async function matte(photo: PictureSource, options: MatteOptions = {}): Promise<WebMatte> {
  return await shownMatte(matteOfImage, photo, options);
}
