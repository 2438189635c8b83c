import type * as tf from '@tensorflow/tfjs-core';
import type { FloatImage, PortraitLayers, RasterImage } from '../contracts';
import { foregroundOf } from '../foreground/foreground-of';
import { type Fit, fitBox, fittedPhoto, toBytes } from '../imaging/fit-picture';
import { opaqueRgb, toFloatImage } from '../imaging/raster';
import { resizeImage } from '../imaging/resampled-rows';
import { closedFormMatting } from '../matting/closed-form-matting';
import type { Matte } from '../prediction/matte';
import type { Parts } from '../prediction/parts';
import type { EnhanceRequest } from './options';

/**
 * F of a whole run, from the photograph alone, as the paper's authors make it (fg_pred.py): alpha by closed-form matting
 * of the photograph and its trimap, F of that alpha, rounded to 8 bits.
 *
 * @param photo RGB
 * @param original whose trimap is taken; `alphaForForeground` stands in for it, `foregroundColors` for all of it
 * @param frame `[height, width]` of the losses
 * @returns tensors owned by the caller
 */
export async function originalForeground(
  photo: RasterImage,
  { foreground }: Parts,
  original: Matte,
  {
    foregroundColors,
    alphaForForeground,
    signal,
  }: Pick<EnhanceRequest, 'foregroundColors' | 'alphaForForeground' | 'signal'>,
  fit: Fit,
  frame: readonly [height: number, width: number],
): Promise<PortraitLayers> {
  const source = toFloatImage(photo);
  const inFrame = (image: FloatImage): tf.Tensor4D =>
    fittedPhoto(fit, image, fitBox(fit, [image.height, image.width], frame));
  const background = () => inFrame(source);
  if (foregroundColors !== undefined) {
    return {
      foreground: inFrame(opaqueRgb(toFloatImage(foregroundColors))),
      background: background(),
    };
  }
  const alpha =
    alphaForForeground === undefined
      ? await closedFormMatting(source, original.trimap, { ...(signal && { signal }) })
      : resizeImage(toFloatImage(alphaForForeground), [source.height, source.width], 'area');
  const colors = toFloatImage(toBytes(await foregroundOf(foreground, source, alpha)));
  return { foreground: inFrame(colors), background: background() };
}
