import type { CutOutLayers, Enhancement, EnhanceOptions, RasterImage } from '@latent-matte/core';
import { AbortedError, pictureOfRows, rowsWithAlpha } from '@latent-matte/core/caller';
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
  try {
    return shown(await work(image, options), notes);
  } catch (error) {
    if (!AbortedError.isInstance(error) || error.best === undefined) throw error;
    const best = shown(error.best as Enhancement, notes);
    throw new AbortedError(error.message, best, { cause: error.cause });
  }
}

/** @param notes what reading the photo told, each one sentence */
function shown(found: Enhancement, notes: readonly string[]): WebEnhancement {
  const after = shownLayers(found.after);
  // One where the photo was left as it was.
  const before = found.before === found.after ? after : shownLayers(found.before);
  return { ...found, before, after, warnings: [...notes, ...found.warnings] };
}

function shownLayers(layers: CutOutLayers): WebCutOut {
  const image = pictureOfRows(rowsWithAlpha(layers.foreground, layers.alpha));
  return { ...layers, image, ...blobbable(image, layers) };
}
