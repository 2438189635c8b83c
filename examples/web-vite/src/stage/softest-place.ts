import type { FloatImage } from '@latent-matte/backend-web/page';

/**
 * Where a matte is softest, which is where the hair is: the middle of the square with the largest Σ 4α(1 − α).
 *
 * @param side of the square, a share of the longest side of the picture
 * @returns shares of width and height
 */
export function softestPlace(alpha: FloatImage, side: number): readonly [x: number, y: number] {
  const { width, height, data } = alpha;
  const square = Math.max(1, Math.round(side * Math.max(width, height)));
  const step = Math.max(1, Math.round(square / 4));
  let best = 0;
  let place: readonly [number, number] = [0.5, 0.25];
  for (let top = 0; top + square <= height; top += step) {
    for (let left = 0; left + square <= width; left += step) {
      let soft = 0;
      // Every other pixel of every other row says as much.
      for (let y = top; y < top + square; y += 2) {
        for (let x = left; x < left + square; x += 2) {
          const a = data[y * width + x]!;
          soft += a * (1 - a);
        }
      }
      // Heads are at the top, hems and hands below.
      soft *= 1 - (0.75 * top) / height;
      if (soft > best) {
        best = soft;
        place = [(left + square / 2) / width, (top + square / 2) / height];
      }
    }
  }
  return place;
}
