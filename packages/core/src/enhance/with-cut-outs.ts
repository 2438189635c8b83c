import type { FloatImage } from '../contracts';
import type { CutOutLayers } from '../cutout/types';
import { AbortedError } from '../errors';
import { pictureOfRows, rowsWithAlpha } from '../imaging/picture-rows';
import type { Enhancement } from './types';

/** An enhancement whose cut-outs are of a kind that a platform can save or show. */
export type WithCutOuts<Person extends CutOutLayers> = Enhancement & {
  readonly before: Person;
  readonly after: Person;
};

/**
 * An enhancement with its cut-outs as a platform gives them, also where it was cancelled and has a best so far.
 *
 * @param notes what reading the photo told, each one sentence; read when the answer is there
 * @param personOf what can be done with the RGBA picture of a cut-out
 */
export async function withCutOuts<Ways extends object>(
  answer: Promise<Enhancement>,
  notes: readonly string[],
  personOf: (image: FloatImage, layers: CutOutLayers) => Ways,
): Promise<WithCutOuts<CutOutLayers & { readonly image: FloatImage } & Ways>> {
  const person = (layers: CutOutLayers) => {
    const image = pictureOfRows(rowsWithAlpha(layers.foreground, layers.alpha));
    return { ...layers, image, ...personOf(image, layers) };
  };
  const made = (found: Enhancement) => {
    const after = person(found.after);
    // One where the photo was left as it was.
    const before = found.before === found.after ? after : person(found.before);
    return { ...found, before, after, warnings: [...notes, ...found.warnings] };
  };
  try {
    return made(await answer);
  } catch (error) {
    if (!AbortedError.isInstance(error) || error.best === undefined) throw error;
    throw new AbortedError(error.message, made(error.best as Enhancement), { cause: error.cause });
  }
}
