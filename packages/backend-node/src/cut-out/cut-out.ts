import {
  type CutOut,
  type CutOutOptions,
  cutOut as cutOutOfImage,
  type MatteOptions,
  type MatteResult,
  matte as matteOfImage,
  type RasterImage,
} from '@latent-matte/core';
import { decodedPicture, type PictureSource } from '../image/decoded-picture';
import { type Savable, savable } from './savable';

/** What `cutOut` takes in Node. None is needed. */
export interface NodeCutOutOptions extends Omit<CutOutOptions, 'background'> {
  /**
   * What the person is laid on: a CSS hex colour (`#fff`, `#1e90ff`), or a picture in any form but a path, which covers
   * the photo's frame. The image is then opaque. Default: nothing, the image is transparent.
   */
  background?: string | Exclude<PictureSource, string>;
}

/** A cut-out that can be saved. */
export interface NodeCutOut extends CutOut, Savable {}

/** A matte that can be saved. */
export interface NodeMatte extends MatteResult, Savable {}

/**
 * Cuts the person out of a photo: one forward pass of a matting model, and the colours of the person without those of
 * the old background. Needs an active backend.
 *
 * ```ts
 * import { cutOut, useNodeBackend } from '@latent-matte/backend-node';
 *
 * await useNodeBackend();
 * const person = await cutOut('photo.jpg');
 * await person.write('person.png');
 * ```
 *
 * @param photo a path, a `URL` (of a file, or of the web, which is fetched), encoded bytes (`Buffer`, `Uint8Array`, `ArrayBuffer`, `Blob`, `File`), or pixels
 *   (`RasterImage`, `ImageData`); any size from 32×32 to 50 megapixels
 * @throws InvalidImageError, ImageTooSmallError, ImageTooLargeError for unusable pictures
 * @throws InvalidOptionError, UnknownModelError, WeightsError
 * @throws ModelOutputError a model that answers NaN, or values that are no opacities
 * @throws NoPersonError next to nothing is foreground
 * @throws AbortedError the signal fired
 */
export async function cutOut(
  photo: PictureSource,
  options: NodeCutOutOptions = {},
): Promise<NodeCutOut> {
  return await cutOutBy(cutOutOfImage, photo, options);
}

/** {@link cutOut}, computed wherever `answer` does: here, or in a thread. */
export async function cutOutBy(
  answer: typeof cutOutOfImage,
  photo: PictureSource,
  options: NodeCutOutOptions,
): Promise<NodeCutOut> {
  const notes: string[] = [];
  const signal = options?.signal;
  const read = (source: PictureSource): Promise<RasterImage> =>
    decodedPicture(source, {
      onWarning: (warning) => notes.push(warning),
      signal,
    });
  const image = await read(photo);
  const background = options?.background;
  const found = await answer(
    image,
    background === undefined || typeof background === 'string'
      ? (options as CutOutOptions)
      : { ...options, background: await read(background) },
  );
  const layers = background === undefined ? found : undefined;
  return { ...found, warnings: [...notes, ...found.warnings], ...savable(found.image, layers) };
}

/**
 * The matte of the person in a photo: alpha alone, in one forward pass. Needs an active backend.
 *
 * ```ts
 * import { matte, useNodeBackend } from '@latent-matte/backend-node';
 *
 * await useNodeBackend();
 * const { alpha, confidence } = await matte('photo.jpg');
 * ```
 *
 * @param photo as {@link cutOut}
 * @throws the errors of {@link cutOut}
 */
export async function matte(photo: PictureSource, options: MatteOptions = {}): Promise<NodeMatte> {
  return await matteBy(matteOfImage, photo, options);
}

/** {@link matte}, computed wherever `answer` does. */
export async function matteBy(
  answer: typeof matteOfImage,
  photo: PictureSource,
  options: MatteOptions,
): Promise<NodeMatte> {
  const notes: string[] = [];
  const signal = options?.signal;
  const image = await decodedPicture(photo, {
    onWarning: (warning) => notes.push(warning),
    signal,
  });
  const found = await answer(image, options);
  return { ...found, warnings: [...notes, ...found.warnings], ...savable(found.alpha) };
}
