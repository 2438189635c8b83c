import * as tf from '@tensorflow/tfjs-core';
import type { FloatImage, RasterImage } from '../contracts';
import { InvalidImageError } from '../errors';
import { readRows, rowsWithAlpha } from './picture-rows';
import { toFloatImage } from './raster';

/** The matting equation (paper Eq. 1): α F + (1 − α) B. All `[N, H, W, ·]`; alpha has one channel. */
export function composite(
  foreground: tf.Tensor4D,
  background: tf.Tensor4D,
  alpha: tf.Tensor4D,
): tf.Tensor4D {
  return tf.tidy(() => tf.add(background, tf.mul(alpha, tf.sub(foreground, background))));
}

/**
 * Colours with alpha as their opacity: RGBA, not premultiplied. Give it the foreground and not the photograph,
 * so that no colour of the old background clings to the hair; `cutOutWithMatte` starts from the photograph.
 *
 * ```ts
 * import { estimateForeground, readImage, readMap, withAlpha, writeImage } from '@latent-matte/backend-node';
 *
 * const alpha = await readMap('alpha.png');
 * const { foreground } = await estimateForeground(await readImage('photo.jpg'), alpha);
 * await writeImage('person.png', withAlpha(foreground, alpha));
 * ```
 */
export function withAlpha(foreground: RasterImage, alpha: RasterImage): FloatImage {
  const colors = toFloatImage(foreground);
  const matte = toFloatImage(alpha);
  if (
    colors.width !== matte.width ||
    colors.height !== matte.height ||
    colors.channels !== 3 ||
    matte.channels !== 1
  ) {
    throw new InvalidImageError(
      `A cut-out needs RGB and a one-channel alpha of one size; got ${colors.width}×${colors.height}×${colors.channels} and ${matte.width}×${matte.height}×${matte.channels}.`,
      'Pass the foreground and alpha of one Enhancement.',
    );
  }
  return readRows(rowsWithAlpha(colors, matte));
}
