import type { Enhancement, EnhanceOptions, RasterImage } from '@latent-matte/core';
import { withCutOuts } from '@latent-matte/core/caller';
import { blobbable } from './blobbable';
import { decodedPicture, type PictureSource } from './picture-source';
import type { WebCutOut } from './shown';

/** An enhancement whose cut-outs can be shown and downloaded. */
export interface WebEnhancement extends Enhancement {
  /** The person cut out of the photo, as `cutOut` does it, with the model of the search. */
  readonly before: WebCutOut;
  /** The person cut out of the enhanced portrait; that of the photo where it was left as it was. */
  readonly after: WebCutOut;
}

/** Decodes what a page has, enhances it, and makes the cut-outs something to show. @param work on pixels */
export async function shownEnhancement(
  work: (photo: RasterImage, options: EnhanceOptions) => Promise<Enhancement>,
  photo: PictureSource,
  options: EnhanceOptions,
): Promise<WebEnhancement> {
  const notes: string[] = [];
  const image = await decodedPicture(photo, {
    onWarning: (warning) => notes.push(warning),
    signal: options?.signal,
  });
  return await withCutOuts(work(image, options), notes, blobbable);
}
