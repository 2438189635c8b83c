import type { RasterImage } from '../contracts';
import { findingOf } from '../cutout/finding';
import { type MatteRules, matteOfPhoto } from '../cutout/matte-of-photo';
import { CUT_OUT_RULES } from '../cutout/options';
import type { CutOutLayers } from '../cutout/types';
import type { WorkingMatte } from '../cutout/working-matte';
import { leanForegroundOf } from '../foreground/foreground-of';
import { packedPicture } from '../imaging/packed-picture';
import { type Picture, pictureOfRows, readRows, rowsOf } from '../imaging/picture-rows';
import type { Matte } from '../prediction/matte';
import type { Parts } from '../prediction/parts';
import { confidenceOf } from '../prediction/person-confidence';

/**
 * The person of a portrait cut out, as `cutOut` does it.
 *
 * @param portrait RGB, of which the matte is made
 * @param colors RGB, of which the colours are taken: the change is made for the networks and lies on the edges
 * @param rules longest side at which the networks look, pixels; whether at the portrait turned, too
 * @param seen the first look at `portrait`, where the networks have had it
 * @throws ModelOutputError a wrong shape, NaN, infinity, or values far from [0, 1]
 */
export async function cutOutOfPortrait(
  portrait: Picture,
  colors: RasterImage,
  parts: Pick<Parts, 'reference' | 'trimap' | 'foreground'>,
  rules: Pick<MatteRules, 'workingSize' | 'turnedLooks'>,
  seen?: WorkingMatte,
): Promise<CutOutLayers> {
  const { reference, trimap } = parts;
  const networks = { matting: reference, trimap: reference.needsTrimap ? trimap : undefined };
  const matte = await matteOfPhoto(portrait, networks, { ...CUT_OUT_RULES, ...rules }, { seen });
  // In little memory: two cut-outs are made of a portrait, each with a matte as large as the photo.
  const alpha = packedPicture(matte.alpha);
  const foreground = await leanForegroundOf(parts.foreground, colors, alpha);
  return { alpha, foreground, ...findingOf(matte.confidence, matte.turns) };
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
  return { alpha, foreground: colors, ...findingOf(confidenceOf(readRows(alpha))) };
}
