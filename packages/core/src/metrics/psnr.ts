import type { RasterImage } from '../contracts';
import { InvalidImageError } from '../errors';
import { fullScale } from '../imaging/full-scale';
import { isOfRows, type Picture, rowsOf } from '../imaging/picture-rows';
import { assertRaster, assertSameSize } from '../imaging/raster';
import { psnrOf } from './psnr-of';

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
  return psnrOfRows(a, b);
}

/** {@link psnr} of two pictures of one size that were checked; what is made row by row needs no memory of its own. */
export function psnrOfRows(a: Picture, b: Picture): number {
  const [first, second] = [samplesOf(a), samplesOf(b)];
  const channels = Math.min(a.channels, 3);
  const others = second.rows()[Symbol.iterator]();
  let sum = 0;
  for (const row of first.rows()) {
    const other = others.next().value as ArrayLike<number>;
    for (let x = 0; x < a.width; x++) {
      for (let channel = 0; channel < channels; channel++) {
        const value = row[x * a.channels + channel]! * first.scale;
        sum += (value - other[x * b.channels + channel]! * second.scale) ** 2;
      }
    }
  }
  return psnrOf(sum / (a.width * a.height * channels));
}

/** Rows as they are stored, and what brings them to [0, 1]: whole numbers are not rounded to floats first. */
function samplesOf(picture: Picture): { rows(): Iterable<ArrayLike<number>>; scale: number } {
  if ('rows' in picture || isOfRows(picture)) return { rows: rowsOf(picture).rows, scale: 1 };
  const { width, height, channels, data } = picture;
  const length = width * channels;
  return {
    scale: 1 / fullScale(picture),
    *rows() {
      for (let y = 0; y < height; y++) yield data.subarray(y * length, (y + 1) * length);
    },
  };
}
