import {
  type Enhancement,
  type EnhanceOptions,
  enhancePortrait as enhanceImage,
} from '@latent-matte/core';
import { resolveEnhancement, withCutOuts } from '@latent-matte/core/internal';
import type { NodeCutOut } from '../cut-out/cut-out';
import { savable } from '../cut-out/savable';
import { decodedPicture, type PictureSource } from '../image/decoded-picture';

/** An enhancement whose cut-outs can be saved. */
export interface NodeEnhancement extends Enhancement {
  /** The person cut out of the photo, as `cutOut` does it, with the model of the search. */
  readonly before: NodeCutOut;
  /** The person cut out of the enhanced portrait; that of the photo where it was left as it was. */
  readonly after: NodeCutOut;
}

/**
 * Finds a version of a portrait that looks the same and that a matting model cuts out better (Xu, Zhou, He,
 * "Self-supervised Matting-specific Portrait Enhancement and Generation", IEEE TIP 2022, Algorithm 1). Needs an active
 * backend.
 *
 * ```ts
 * import { enhancePortrait, useNodeBackend, writeImage } from '@latent-matte/backend-node';
 *
 * await useNodeBackend();
 * const { before, after, portrait } = await enhancePortrait('photo.jpg');
 * await before.write('before.png');
 * await after.write('after.png');
 * await writeImage('portrait.png', portrait);
 * ```
 *
 * @param photo a path, a `URL`, encoded bytes (`Buffer`, `Uint8Array`, `ArrayBuffer`, `Blob`, `File`), or pixels
 *   (`RasterImage`, `ImageData`); any size from 32×32, pixels up to 100 megapixels, what is to be decoded up to 50
 * @throws InvalidImageError, ImageTooSmallError, ImageTooLargeError for unusable pictures
 * @throws NoPersonError when the trimap model finds no foreground
 * @throws InvalidOptionError, UnknownModelError, WeightsError, ModelOutputError
 * @throws AbortedError when `options.signal` fires; its `best` is the best {@link NodeEnhancement} so far
 */
export async function enhancePortrait(
  photo: PictureSource,
  options: EnhanceOptions = {},
): Promise<NodeEnhancement> {
  // Before a file is read or fetched.
  resolveEnhancement(options);
  return await enhanceBy(enhanceImage, photo, options);
}

/** {@link enhancePortrait}, computed wherever `answer` does: here, or in a thread. */
export async function enhanceBy(
  answer: typeof enhanceImage,
  photo: PictureSource,
  options: EnhanceOptions,
): Promise<NodeEnhancement> {
  const notes: string[] = [];
  const signal = options?.signal;
  const image = await decodedPicture(photo, {
    onWarning: (warning) => notes.push(warning),
    signal,
  });
  return await withCutOuts(answer(image, options), notes, savable);
}
