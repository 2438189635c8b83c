import type { FloatImage, RasterImage } from '../contracts';
import { matteRowsOfPhoto } from '../cutout/matte-of-photo';
import { CUT_OUT_RULES } from '../cutout/options';
import type { CutOutLayers } from '../cutout/types';
import type { WorkingMatte } from '../cutout/working-matte';
import { leanForegroundOf } from '../foreground/foreground-of';
import { packedPicture } from '../imaging/packed-picture';
import { type Picture, pictureOfRows, readRows, rowsOf } from '../imaging/picture-rows';
import type { Matte } from '../prediction/matte';
import type { Parts } from '../prediction/parts';
import { confidenceOf, SURE, unsureOfPerson } from '../prediction/person-confidence';

/**
 * The person of a portrait cut out, as `cutOut` does it.
 *
 * @param portrait RGB, of which the matte is made
 * @param colors RGB, of which the colours are taken: the change is made for the networks and lies on the edges
 * @param workingSize longest side at which the networks look, pixels
 * @param seen the first look at `portrait`, where the networks have had it
 * @throws ModelOutputError a wrong shape, NaN, infinity, or values far from [0, 1]
 */
export async function cutOutOfPortrait(
  portrait: Picture,
  colors: RasterImage,
  parts: Pick<Parts, 'reference' | 'trimap' | 'foreground'>,
  workingSize: number,
  seen?: WorkingMatte,
): Promise<CutOutLayers> {
  const { alpha, confidence } = await packedMatte(portrait, parts, workingSize, seen);
  return layersOf(alpha, await leanForegroundOf(parts.foreground, colors, alpha), confidence);
}

/** The matte in little memory: two cut-outs are made of a portrait, each with one as large as the photo. */
async function packedMatte(
  portrait: Picture,
  { reference, trimap }: Pick<Parts, 'reference' | 'trimap'>,
  workingSize: number,
  seen: WorkingMatte | undefined,
): Promise<Pick<CutOutLayers, 'alpha' | 'confidence'>> {
  const networks = { matting: reference, trimap: reference.needsTrimap ? trimap : undefined };
  let confidence = 0;
  const rows = await matteRowsOfPhoto(
    portrait,
    networks,
    { ...CUT_OUT_RULES, workingSize },
    {
      seen,
      inspect: (look) => {
        confidence = confidenceOf(look.alpha);
      },
    },
  );
  return { alpha: packedPicture(rows), confidence };
}

/** The same with the matte as the model made it: of a portrait that is the picture of a generator, colours and all. */
export async function cutOutWithItsMatte(
  portrait: RasterImage,
  matte: Matte,
  { foreground }: Pick<Parts, 'foreground'>,
): Promise<CutOutLayers> {
  // Of its own: a caller who writes into it does not change the other.
  const alpha = pictureOfRows(rowsOf(matte.alpha));
  const colors = await leanForegroundOf(foreground, portrait, alpha);
  return layersOf(alpha, colors, confidenceOf(readRows(alpha)));
}

const layersOf = (alpha: FloatImage, foreground: FloatImage, confidence: number): CutOutLayers => ({
  alpha,
  foreground,
  confidence,
  warnings: confidence < SURE ? [unsureOfPerson(confidence)] : [],
});
