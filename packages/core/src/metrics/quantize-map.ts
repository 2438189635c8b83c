import type { RasterImage } from '../contracts';
import { InvalidImageError } from '../errors';
import { fullScale } from '../imaging/full-scale';
import { assertRaster } from '../imaging/raster';

/**
 * One channel as 8 bit, rounded to nearest (0.5 → 128), because every published figure was computed on 8-bit
 * files. 8-bit data is returned as it is, not copied.
 *
 * @param label names it in messages
 */
export function quantizeMap(image: RasterImage, label: string): Uint8Array | Uint8ClampedArray {
  assertRaster(image, `The ${label}`);
  if (image.channels !== 1) {
    throw new InvalidImageError(
      `The ${label} has ${image.channels} channels.`,
      'Pass one channel: the alpha alone.',
    );
  }
  const { data } = image;
  if (fullScale(image) === 255) return data as Uint8Array;
  const factor = 255 / fullScale(image);
  const bytes = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = data[i]! * factor;
    bytes[i] = value <= 0 ? 0 : value >= 255 ? 255 : Math.floor(value + 0.5);
  }
  return bytes;
}
