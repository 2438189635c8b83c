import type { RasterImage } from '../contracts';
import { InvalidImageError } from '../errors';
import { fullScale } from '../imaging/full-scale';
import { type Picture, rowsOf } from '../imaging/picture-rows';
import { assertRaster, assertSameSize } from '../imaging/raster';

/**
 * Peak signal-to-noise ratio in dB, `−10 log₁₀ MSE` with values in [0, 1]; `Infinity` for equal pictures.
 * Over RGB, without rounding; an alpha channel is left out. Maps (one channel) are compared with maps.
 *
 * ```ts
 * import { enhancePortrait } from '@latent-matte/core';
 * import { psnr } from '@latent-matte/core/evaluate';
 *
 * const { portrait } = await enhancePortrait(photo);
 * console.log(`${psnr(photo, portrait).toFixed(1)} dB`);
 * ```
 *
 * @throws InvalidImageError when the pictures do not fit each other, or hold NaN.
 */
export function psnr(a: RasterImage, b: RasterImage): number {
  assertRaster(a, 'The first picture');
  assertRaster(b, 'The second picture');
  assertSameSize(a, 'first picture', b, 'second picture');
  const channels = Math.min(a.channels, 3);
  if (channels !== Math.min(b.channels, 3)) {
    throw new InvalidImageError(
      `The pictures have ${a.channels} and ${b.channels} channels.`,
      'Compare colour with colour, or maps with maps.',
    );
  }
  const scaleA = 1 / fullScale(a);
  const scaleB = 1 / fullScale(b);
  const pixels = a.width * a.height;
  let sum = 0;
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      const difference =
        a.data[pixel * a.channels + channel]! * scaleA -
        b.data[pixel * b.channels + channel]! * scaleB;
      sum += difference * difference;
    }
  }
  return -10 * Math.log10(sum / (pixels * channels));
}

/** {@link psnr} of two RGB pictures of one size, of values as floats, in no memory of their own. */
export function psnrOfRows(a: Picture, b: Picture): number {
  const other = rowsOf(b).rows()[Symbol.iterator]();
  let sum = 0;
  for (const row of rowsOf(a).rows()) {
    const against = other.next().value as Float32Array;
    for (let i = 0; i < row.length; i++) sum += (row[i] - against[i]) ** 2;
  }
  return -10 * Math.log10(sum / (a.width * a.height * 3));
}
