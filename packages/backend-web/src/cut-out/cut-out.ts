import {
  type CutOut,
  type CutOutOptions,
  cutOut as cutOutOfImage,
  type MatteOptions,
  type MatteResult,
  matte as matteOfImage,
  type RasterImage,
} from '@latent-matte/core';
import { type Blobbable, blobbable } from './blobbable';
import { decodedPicture, type PictureSource } from './picture-source';

/** What `cutOut` takes in a page. None is needed. */
export interface WebCutOutOptions extends Omit<CutOutOptions, 'background'> {
  /**
   * What the person is laid on: a CSS hex colour (`#fff`, `#1e90ff`), or a picture in any form but an address as a
   * string, which covers the photo's frame. The image is then opaque. Default: nothing, the image is transparent.
   */
  background?: string | Exclude<PictureSource, string>;
}

/** A cut-out that can be shown and downloaded. */
export interface WebCutOut extends CutOut, Blobbable {}

/** A matte that can be shown and downloaded. */
export interface WebMatte extends MatteResult, Blobbable {}

/**
 * Cuts the person out of a photo: one forward pass of a matting model, and the colours of the person without those of
 * the old background. Needs an active backend; runs in its worker where it has one.
 *
 * ```ts
 * import { cutOut, useWebBackend } from '@latent-matte/backend-web';
 *
 * await useWebBackend({ worker: true });
 * const person = await cutOut(file);
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
  const notes: string[] = [];
  const read = readerFor(options, notes);
  const image = await read(photo);
  const background = options?.background;
  const found = await cutOutOfImage(
    image,
    background === undefined || typeof background === 'string'
      ? (options as CutOutOptions)
      : { ...options, background: await read(background) },
  );
  const layers = background === undefined ? found : undefined;
  return { ...found, warnings: [...notes, ...found.warnings], ...blobbable(found.image, layers) };
}

/**
 * The matte of the person in a photo: alpha alone, in one forward pass. Needs an active backend; runs in its worker where
 * it has one.
 *
 * ```ts
 * import { matte, useWebBackend } from '@latent-matte/backend-web';
 *
 * await useWebBackend({ worker: true });
 * const { alpha, confidence } = await matte(file);
 * ```
 *
 * @param photo as {@link cutOut}
 * @throws the errors of {@link cutOut}
 */
export async function matte(photo: PictureSource, options: MatteOptions = {}): Promise<WebMatte> {
  const notes: string[] = [];
  const found = await matteOfImage(await readerFor(options, notes)(photo), options);
  return { ...found, warnings: [...notes, ...found.warnings], ...blobbable(found.alpha) };
}

const readerFor =
  (options: { signal?: AbortSignal } | null, notes: string[]) =>
  (source: PictureSource): Promise<RasterImage> =>
    decodedPicture(source, {
      onWarning: (warning) => notes.push(warning),
      signal: options?.signal,
    });
