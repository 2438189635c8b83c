import type { RasterImage } from '@latent-matte/backend-node';
import { DatasetError } from '@latent-matte/backend-node/core';
import { enlarge } from './enlarge';

/**
 * `int(α F + (1 − α) B)` per channel. A background smaller than the foreground is enlarged until it covers it; of a
 * larger one the top left corner is taken.
 */
export function composeOver(
  name: string,
  foreground: RasterImage,
  alpha: RasterImage,
  background: RasterImage,
): RasterImage {
  const { width, height } = foreground;
  if (alpha.width !== width || alpha.height !== height) {
    throw new DatasetError(
      `${name}: the alpha has ${alpha.width} × ${alpha.height} pixels, the foreground ${width} × ${height}.`,
      'Give both the same size.',
    );
  }
  const [front, behind, matte] = [foreground, background, alpha].map(eightBit) as [
    RasterImage,
    RasterImage,
    RasterImage,
  ];
  const ratio = Math.max(1, width / behind.width, height / behind.height);
  const covering: [number, number] = [
    Math.ceil(behind.width * ratio),
    Math.ceil(behind.height * ratio),
  ];
  const cover = ratio > 1 ? enlarge(behind, covering, [width, height]) : behind;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x;
      const a = matte.data[pixel]! / 255;
      for (let channel = 0; channel < 3; channel++) {
        const b = cover.data[(y * cover.width + x) * 3 + channel]!;
        // A hair of slack: 0.1 · 30 must not become 2.
        data[pixel * 3 + channel] = Math.floor(
          a * front.data[pixel * 3 + channel]! + (1 - a) * b + 1e-9,
        );
      }
    }
  }
  return { width, height, channels: 3, data };
}

/** Sixteen bits as eight. */
const eightBit = (image: RasterImage): RasterImage =>
  image.data instanceof Uint16Array
    ? { ...image, data: new Uint8Array(image.data.map((value) => Math.round(value / 257))) }
    : image;
