import type { RasterImage } from '../contracts';
import { fullScale } from './full-scale';

/** What a transparent picture is laid over, in [0, 1]. */
const GREY = 0.5;

/**
 * RGBA with straight alpha → RGB over mid-grey, in the encoded values as image editors do: a matte needs opaque
 * pixels to work on. Integers are rounded to nearest; clamped bytes round themselves, halves to even, as a canvas does.
 *
 * @param rgba interleaved
 * @returns RGB of the same type, and whether any grey shows
 */
export function opaqueOverGrey<Data extends RasterImage['data']>(
  rgba: Data,
): { rgb: Data; transparent: boolean } {
  const maximum = fullScale({ data: rgba });
  const pixels = rgba.length / 4;
  const rgb = new (rgba.constructor as new (length: number) => Data)(pixels * 3);
  const truncates = maximum !== 1 && !(rgba instanceof Uint8ClampedArray);
  let transparent = false;
  for (let p = 0; p < pixels; p++) {
    const alpha = rgba[p * 4 + 3] / maximum;
    if (alpha < 1) transparent = true;
    const grey = GREY * maximum * (1 - alpha);
    for (let c = 0; c < 3; c++) {
      const value = rgba[p * 4 + c] * alpha + grey;
      rgb[p * 3 + c] = truncates ? Math.floor(value + 0.5) : value;
    }
  }
  return { rgb, transparent };
}
