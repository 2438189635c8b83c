import type { FloatImage, RasterImage } from '../contracts';
import { fullScale } from './full-scale';
import { assertRaster } from './raster';

// The one reading of trimaps, of files (0, 128, 255; 127 or 129 where somebody rounded otherwise; 120…136 after JPEG)
// and of tensors: below a quarter background, above three quarters foreground, unknown between.

export const BACKGROUND_BELOW = 0.25;
export const FOREGROUND_ABOVE = 0.75;

/** A level of a trimap in [0, 1] as exactly 0, 0.5 or 1. */
export const trimapLevel = (value: number): 0 | 0.5 | 1 =>
  value < BACKGROUND_BELOW ? 0 : value > FOREGROUND_ABOVE ? 1 : 0.5;

/**
 * A trimap of any grey levels as exactly 0 (background, below 0.25), 0.5 (unknown) and 1 (foreground, above 0.75).
 *
 * @param trimap one channel
 * @returns the trimap, and how many of its pixels were on no level of a trimap (0, 127.5 ± 0.5 or 255 of 255)
 * @throws InvalidImageError
 * @example const { trimap, snapped } = readTrimap(await readMap('trimap.jpg'));
 */
export function readTrimap(trimap: RasterImage): { trimap: FloatImage; snapped: number } {
  assertRaster(trimap, 'The trimap');
  const full = fullScale(trimap);
  const data = new Float32Array(trimap.data.length);
  let snapped = 0;
  for (let i = 0; i < data.length; i++) {
    const value = trimap.data[i] / full;
    data[i] = trimapLevel(value);
    if (Math.abs(value - data[i]) > 0.5001 / 255) snapped++;
  }
  return { trimap: { ...trimap, data }, snapped };
}

/** A sentence about the pixels that were on no level of a trimap; undefined when there was none. */
export const snappedWarning = (snapped: number, pixels: number): string | undefined =>
  snapped === 0
    ? undefined
    : `${snapped} of ${pixels} pixels of the trimap are neither 0, 128 nor 255; below 64 was read as background, above 191 as foreground, unknown between.`;
