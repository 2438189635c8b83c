import type { FloatImage } from '../contracts';
import { refinedMatte } from '../cutout/refined-matte';
import { upsampledMatte } from '../cutout/upsampled-matte';
import { cutOutFrame, workingMatte } from '../cutout/working-matte';
import type { Parts } from '../prediction/parts';

/**
 * The matte with which a user cuts out: that of the model, fitted to the colours of the portrait at the size at which the
 * networks look, and brought to the size of the portrait along its edges, as `cutOut` does.
 *
 * @param portrait RGB
 * @param workingSize longest side at which the networks look, pixels
 * @throws ModelOutputError a wrong shape, NaN, infinity, or values far from [0, 1]
 */
export async function finalMatte(
  portrait: FloatImage,
  { reference, trimap }: Pick<Parts, 'reference' | 'trimap'>,
  workingSize: number,
): Promise<FloatImage> {
  const predicts = reference.needsTrimap ? trimap : undefined;
  const box = cutOutFrame([portrait.height, portrait.width], reference, predicts, workingSize);
  const seen = await workingMatte(portrait, box, reference, predicts);
  const alpha = await refinedMatte(seen, undefined);
  return upsampledMatte({ ...seen, alpha }, portrait);
}
