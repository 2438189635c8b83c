import type { FloatImage } from '../spec';

/** PSNR in dB of values in [0, 1] from their mean squared difference; `Infinity` for no difference. */
export function psnrOf(meanSquare: number): number {
  return meanSquare > 0 ? -10 * Math.log10(meanSquare) : Number.POSITIVE_INFINITY;
}

/** The mean squared difference at a PSNR. */
export function meanSquareOf(psnr: number): number {
  return 10 ** (-psnr / 10);
}

/** PSNR in dB of two pictures of one size with values in [0, 1]. */
export function psnrBetween(a: FloatImage, b: FloatImage): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += (a.data[i] - b.data[i]) ** 2;
  return psnrOf(sum / a.data.length);
}
