import type { FloatImage, RasterImage } from '@latent-matte/backend-node';
import { toFloatImage } from '@latent-matte/backend-node/core';

/**
 * Pictures of one size in a row, as the authors save them; one of another size is stretched to the first by its nearest
 * pixels.
 */
export function sideBySide(pictures: readonly RasterImage[]): FloatImage {
  const { width, height } = pictures[0]!;
  const total = width * pictures.length;
  const data = new Float32Array(total * height * 3);
  for (const [i, picture] of pictures.entries()) {
    const { channels, data: values, ...own } = toFloatImage(picture);
    for (let y = 0; y < height; y++) {
      const row = Math.floor((y * own.height) / height) * own.width;
      for (let x = 0; x < width; x++) {
        const from = (row + Math.floor((x * own.width) / width)) * channels;
        const to = (y * total + i * width + x) * 3;
        for (let c = 0; c < 3; c++) {
          data[to + c] = Math.min(1, Math.max(0, values[from + (channels < 3 ? 0 : c)]!));
        }
      }
    }
  }
  return { width: total, height, channels: 3, data };
}
