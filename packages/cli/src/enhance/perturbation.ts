import type { FloatImage, RasterImage } from '@latent-matte/backend-node';
import { InvalidImageError } from '@latent-matte/backend-node/core';
import { pictureOfRows, rowsOf } from '@latent-matte/core/internal';

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
  const inside = AMPLIFICATIONS.map(() => 0);
  for (const row of differenceRows(source, portrait)) {
    for (const value of row) {
      AMPLIFICATIONS.forEach((factor, i) => {
        if (Math.abs(value) * factor <= 0.5) inside[i]!++;
      });
    }
  }
  const found = inside.findIndex((count) => count >= IN_RANGE * width * height * 3);
  const amplification = AMPLIFICATIONS[found] ?? 1;
  const image = pictureOfRows({
    width,
    height,
    channels: 3,
    *rows() {
      for (const row of differenceRows(source, portrait)) {
        yield row.map((value) => Math.min(1, Math.max(0, 0.5 + amplification * value)));
      }
    },
  });
  return { image, amplification };
}

/**
 * Portrait − source, RGB, of values in [0, 1], row by row, in an array that the next row overwrites.
 *
 * @throws InvalidImageError they differ in size
 */
export function* differenceRows(
  source: RasterImage,
  portrait: FloatImage,
): Generator<Float32Array, void, void> {
  const { width, height } = portrait;
  if (source.width !== width || source.height !== height) {
    throw new InvalidImageError(
      `The source has ${source.width} × ${source.height} pixels, the portrait ${width} × ${height}.`,
      'Compare pictures of the same size.',
    );
  }
  const difference = new Float32Array(width * 3);
  const { channels } = source;
  const before = rowsOf(source).rows()[Symbol.iterator]();
  for (const row of rowsOf(portrait).rows()) {
    const old = before.next().value as Float32Array;
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) difference[x * 3 + c] = row[x * 3 + c]! - old[x * channels + c]!;
    }
    yield difference;
  }
}
