import type { RasterImage } from '@latent-matte/core';
import { toFloatImage } from '@latent-matte/core/caller';

/**
 * A picture as `ImageData`, for `context.putImageData`. One channel becomes grey; without an alpha channel it
 * is opaque.
 *
 * ```ts
 * import { cutOut, toImageData, useWebBackend } from '@latent-matte/backend-web';
 *
 * await useWebBackend({ worker: true });
 * const person = await cutOut('photo.jpg');
 * const canvas = document.querySelector('canvas')!;
 * canvas.getContext('2d')!.putImageData(toImageData(person.image), 0, 0);
 * ```
 *
 * @throws InvalidImageError sizes and data do not agree, or a value is not finite
 */
export function toImageData(image: RasterImage): ImageData {
  const { width, height, channels, data } = toFloatImage(image);
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let p = 0; p < width * height; p++) {
    for (let c = 0; c < 3; c++) {
      pixels[p * 4 + c] = data[p * channels + (channels === 1 ? 0 : c)] * 255;
    }
    pixels[p * 4 + 3] = channels === 4 ? data[p * 4 + 3] * 255 : 255;
  }
  return new ImageData(pixels, width, height);
}
