import type { RasterImage } from '@latent-matte/backend-node';

/** Cubic convolution with a = −1/2 (Keys 1981), Pillow's `BICUBIC`. */
function cubic(x: number): number {
  const t = Math.abs(x);
  if (t < 1) return 1.5 * t ** 3 - 2.5 * t ** 2 + 1;
  if (t < 2) return -0.5 * t ** 3 + 2.5 * t ** 2 - 4 * t + 2;
  return 0;
}

/** For each output position the first input position and the weights from there. */
function taps(from: number, to: number): { first: number; weights: number[] }[] {
  const scale = from / to;
  return Array.from({ length: to }, (_, i) => {
    const center = (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(center - 2 + 0.5));
    const end = Math.min(from, Math.floor(center + 2 + 0.5));
    const weights = Array.from({ length: end - first }, (_, k) => cubic(first + k + 0.5 - center));
    const sum = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/**
 * The top left `crop` of an 8-bit RGB picture enlarged to `width` × `height`, as Pillow does it: half-pixel centres,
 * weights normalised at the border, rounded to 8 bits after each direction.
 */
export function enlarge(
  image: RasterImage,
  [width, height]: readonly [width: number, height: number],
  crop: readonly [width: number, height: number],
): RasterImage & { data: Uint8Array } {
  const horizontal = taps(image.width, width).slice(0, crop[0]);
  const vertical = taps(image.height, height).slice(0, crop[1]);
  const rows = new Uint8ClampedArray(crop[0] * image.height * 3);
  for (let y = 0; y < image.height; y++) {
    for (const [x, { first, weights }] of horizontal.entries()) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (const [k, weight] of weights.entries()) {
          sum += weight * image.data[(y * image.width + first + k) * 3 + channel]!;
        }
        rows[(y * crop[0] + x) * 3 + channel] = Math.floor(sum + 0.5);
      }
    }
  }
  const data = new Uint8ClampedArray(crop[0] * crop[1] * 3);
  for (const [y, { first, weights }] of vertical.entries()) {
    for (let i = 0; i < crop[0] * 3; i++) {
      let sum = 0;
      for (const [k, weight] of weights.entries())
        sum += weight * rows[(first + k) * crop[0] * 3 + i]!;
      data[y * crop[0] * 3 + i] = Math.floor(sum + 0.5);
    }
  }
  return { width: crop[0], height: crop[1], channels: 3, data: new Uint8Array(data.buffer) };
}
