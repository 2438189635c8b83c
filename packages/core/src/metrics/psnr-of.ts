/** PSNR in dB of values in [0, 1] from their mean squared difference; `Infinity` for no difference. */
export function psnrOf(meanSquare: number): number {
  return meanSquare > 0 ? -10 * Math.log10(meanSquare) : Number.POSITIVE_INFINITY;
}

/** The mean squared difference at a PSNR. */
export function meanSquareOf(psnr: number): number {
  return 10 ** (-psnr / 10);
}
