import type {
  CutOut,
  CutOutOptions,
  MatteOptions,
  MatteResult,
  RasterImage,
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

/** Decodes what a page has, cuts it out, and makes the result something to show. @param work on pixels */
export async function shownCutOut(
  work: (photo: RasterImage, options: CutOutOptions) => Promise<CutOut>,
  photo: PictureSource,
  options: WebCutOutOptions,
): Promise<WebCutOut> {
  const notes: string[] = [];
  const read = readerFor(options, notes);
  const image = await read(photo);
  const background = options?.background;
  const found = await work(
    image,
    background === undefined || typeof background === 'string'
      ? (options as CutOutOptions)
      : { ...options, background: await read(background) },
  );
  const layers = background === undefined ? found : undefined;
  return { ...found, warnings: [...notes, ...found.warnings], ...blobbable(found.image, layers) };
}

/** {@link shownCutOut} for mattes. */
export async function shownMatte(
  work: (photo: RasterImage, options: MatteOptions) => Promise<MatteResult>,
  photo: PictureSource,
  options: MatteOptions,
): Promise<WebMatte> {
  const notes: string[] = [];
  const found = await work(await readerFor(options, notes)(photo), options);
  return { ...found, warnings: [...notes, ...found.warnings], ...blobbable(found.alpha) };
}

const readerFor =
  (options: { signal?: AbortSignal } | null, notes: string[]) =>
  (source: PictureSource): Promise<RasterImage> =>
    decodedPicture(source, {
      onWarning: (warning) => notes.push(warning),
      signal: options?.signal,
    });
