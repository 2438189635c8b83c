import type { FloatImage, RasterImage } from '../contracts';
import { withAlpha } from '../imaging/composite';
import { type EstimateForegroundOptions, estimateForeground } from './estimate-foreground';

/**
 * Cuts a photograph out: RGBA, not premultiplied, with the colours of the person alone, so that no halo of the old
 * background clings to the hair.
 *
 * ```ts
 * import { writeImage } from '@latent-matte/backend-node';
 * import { cutOutWithMatte } from '@latent-matte/core';
 *
 * await writeImage('cut-out.png', await cutOutWithMatte(photo, alpha));
 * ```
 *
 * @param alpha one channel, the size of the image
 * @throws the errors of `estimateForeground`
 */
export async function cutOutWithMatte(
  image: RasterImage,
  alpha: RasterImage,
  options: EstimateForegroundOptions = {},
): Promise<FloatImage> {
  const { foreground } = await estimateForeground(image, alpha, options);
  return withAlpha(foreground, alpha);
}
