import type { FloatImage } from '@latent-matte/backend-web/page';

/** A share of the person's height: where the hair is looked for. */
const HEAD = 0.3;

/**
 * Where the matte of a head is softest, which is where the hair is: the middle of the square with the largest
 * Σ α(1 − α) in the upper part of the person, on the left, so that a divider through it leaves most of the person cut out.
 *
 * @param side of the square, a share of the longest side of the picture
 * @returns shares of width and height
 */
export function softestPlace(alpha: FloatImage, side: number): readonly [x: number, y: number] {
  const { width, height, data } = alpha;
  const square = Math.max(1, Math.round(side * Math.max(width, height)));
  const step = Math.max(1, Math.round(square / 4));
  const { first, last, middle } = extentOfPerson(alpha);
  const lowest = Math.min(height - square, first + HEAD * (last - first) - square / 2);
  let best = 0;
  let place: readonly [number, number] = [0.36, 0.25];
  // From above the hair, which stands up where the person is not opaque yet.
  for (let top = Math.max(0, first - square); top <= lowest; top += step) {
    for (let left = 0; left + square <= middle; left += step) {
      let soft = 0;
      // Every other pixel of every other row says as much.
      for (let y = top; y < top + square; y += 2) {
        for (let x = left; x < left + square; x += 2) {
          const a = data[y * width + x]!;
          soft += a * (1 - a);
        }
      }
      // Collars are soft too, and lower.
      soft *= 1 - (0.8 * (top - first)) / Math.max(1, lowest - first);
      if (soft > best) {
        best = soft;
        place = [(left + square / 2) / width, (top + square / 2) / height];
      }
    }
  }
  return place;
}

/** The first and the last row with opaque pixels, and their mean column. */
function extentOfPerson({ width, height, data }: FloatImage): {
  readonly first: number;
  readonly last: number;
  readonly middle: number;
} {
  let [first, last, sum, count] = [height, 0, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[y * width + x]! <= 0.5) continue;
      first = Math.min(first, y);
      last = y;
      sum += x;
      count++;
    }
  }
  return count === 0
    ? { first: 0, last: height, middle: width }
    : { first, last, middle: sum / count };
}
