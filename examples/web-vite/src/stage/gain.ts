import type { FloatImage } from '@latent-matte/backend-web/page';

/** Round amplifications, ×1 to ×200, evenly along a slider of 0 to 100. */
const gains = [1, 2, 5, 10, 20, 50, 100, 200];
export const gainAt = (position: number): number =>
  gains[Math.round((position / 100) * (gains.length - 1))]!;
export const gainPosition = (gain: number): number =>
  (100 * gains.indexOf(gain)) / (gains.length - 1);

/** The largest amplification that leaves nearly all of the change within the range of a screen. */
export function visibleGain(source: ImageData, portrait: FloatImage): number {
  const fits = (gain: number): boolean => {
    let outside = 0;
    for (let p = 0; p < source.width * source.height; p++) {
      for (let c = 0; c < 3; c++) {
        const change = portrait.data[p * 3 + c]! * 255 - source.data[p * 4 + c]!;
        if (Math.abs(change) * gain > 127) outside++;
      }
    }
    return outside <= 0.005 * portrait.data.length;
  };
  return gains.findLast(fits) ?? 1;
}
