import type { FloatImage, RasterImage } from '@latent-matte/backend-node';
import { InvalidImageError } from '@latent-matte/backend-node/core';

/** Amplifications tried, largest first. */
const AMPLIFICATIONS = [100, 50, 20, 10, 5, 2, 1];

/** The share of values that must stay within range after amplification. */
const IN_RANGE = 0.995;

/**
 * What was changed, made visible: mid-grey plus the amplified difference. The amplification is the largest round
 * number that leaves at most 0.5 % of the values out of range.
 *
 * @param source the picture before, RGB or RGBA of any type
 * @param portrait the picture after, the same size
 */
export function perturbationImage(
  source: RasterImage,
  portrait: FloatImage,
): { image: FloatImage; amplification: number } {
  const { width, height } = portrait;
  const difference = differenceOf(source, portrait);
  const amplification =
    AMPLIFICATIONS.find((factor) => {
      let inside = 0;
      for (const value of difference) if (Math.abs(value) * factor <= 0.5) inside++;
      return inside >= IN_RANGE * difference.length;
    }) ?? 1;
  const data = difference.map((value) => Math.min(1, Math.max(0, 0.5 + amplification * value)));
  return { image: { width, height, channels: 3, data }, amplification };
}

/**
 * Portrait − source, RGB, of values in [0, 1].
 *
 * @throws InvalidImageError they differ in size
 */
export function differenceOf(source: RasterImage, portrait: FloatImage): Float32Array {
  const { width, height } = portrait;
  if (source.width !== width || source.height !== height) {
    throw new InvalidImageError(
      `The source has ${source.width} × ${source.height} pixels, the portrait ${width} × ${height}.`,
      'Compare pictures of the same size.',
    );
  }
  const full =
    source.data instanceof Float32Array ? 1 : source.data instanceof Uint16Array ? 65535 : 255;
  const difference = new Float32Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      difference[pixel * 3 + channel] =
        portrait.data[pixel * 3 + channel]! -
        source.data[pixel * source.channels + channel]! / full;
    }
  }
  return difference;
}
