import * as tf from '@tensorflow/tfjs-core';
import type { FloatImage, RasterImage } from '../contracts';
import { InvalidImageError } from '../errors';
import { readRows, rowsWithAlpha } from './picture-rows';
import { toFloatImage } from './raster';

/**
 * The matting equation (paper Eq. 1): α F + (1 − α) B. All `[N, H, W, ·]`; alpha has one channel.
 *
 * ```ts
 * import { composite } from '@latent-matte/core';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const [white, black] = [tf.ones<tf.Rank.R4>([1, 64, 64, 3]), tf.zeros<tf.Rank.R4>([1, 64, 64, 3])];
 * const half = tf.fill<tf.Rank.R4>([1, 64, 64, 1], 0.5);
 * const grey = composite(white, black, half);
 * ```
 */
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
 * import { estimateForeground, withAlpha } from '@latent-matte/core';
 *
 * const { foreground } = await estimateForeground(photo, alpha);
 * const person = withAlpha(foreground, alpha);
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
