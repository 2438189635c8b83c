import type { FloatImage } from '../contracts';
import { matteOfPhoto } from '../cutout/matte-of-photo';
import { CUT_OUT_RULES } from '../cutout/options';
import type { Picture } from '../imaging/picture-rows';
import type { Parts } from '../prediction/parts';

/**
 * The matte with which a user cuts out, as `cutOut` makes it.
 *
 * @param portrait RGB
 * @param workingSize longest side at which the networks look, pixels
 * @throws ModelOutputError a wrong shape, NaN, infinity, or values far from [0, 1]
 */
export async function finalMatte(
  portrait: Picture,
  { reference, trimap }: Pick<Parts, 'reference' | 'trimap'>,
  workingSize: number,
): Promise<FloatImage> {
  const networks = { matting: reference, trimap: reference.needsTrimap ? trimap : undefined };
  return await matteOfPhoto(portrait, networks, { ...CUT_OUT_RULES, workingSize });
}
