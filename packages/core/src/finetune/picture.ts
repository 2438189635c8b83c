import type { FloatImage } from '../contracts';
import { resizeImage } from '../imaging/resampled-rows';

/** An 8-bit picture with a half-size copy, for sampling at two scales. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
  /** ⌊width / 2⌋ × ⌊height / 2⌋, means of 2×2 blocks. */
  readonly half: Uint8Array;
}

/**
 * Adds the half-size copy to interleaved 8-bit data. Both sides are at least 2.
 *
 * ```ts
 * import { makePicture } from '@latent-matte/core/fine-tune';
 *
 * const grey = makePicture(new Uint8Array(64 * 64 * 3).fill(128), 64, 64, 3);
 * ```
 */
export function makePicture(
  data: Uint8Array,
  width: number,
  height: number,
  channels: number,
): Picture {
  const [columns, rows] = [width >> 1, height >> 1];
  const half = new Uint8Array(columns * rows * channels);
  let i = 0;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      for (let c = 0; c < channels; c++) {
        const p = (2 * y * width + 2 * x) * channels + c;
        const q = p + width * channels;
        half[i++] = (data[p] + data[p + channels] + data[q] + data[q + channels] + 2) >> 2;
      }
    }
  }
  return { width, height, channels, data, half };
}

/**
 * A float picture in 8 bits, scaled down so that its longest side is at most `maxSide`.
 *
 * ```ts
 * import { toFloatImage } from '@latent-matte/core';
 * import { pictureOf } from '@latent-matte/core/fine-tune';
 *
 * const picture = pictureOf(toFloatImage(photo), 512);
 * ```
 */
export function pictureOf(image: FloatImage, maxSide: number): Picture {
  const scale = Math.min(1, maxSide / Math.max(image.width, image.height));
  const side = (length: number) => Math.max(2, Math.round(length * scale));
  const small =
    scale < 1 ? resizeImage(image, [side(image.height), side(image.width)], 'area') : image;
  const data = new Uint8Array(small.data.length);
  for (let i = 0; i < data.length; i++) {
    const value = small.data[i];
    data[i] = value <= 0 ? 0 : value >= 1 ? 255 : Math.round(value * 255);
  }
  return makePicture(data, small.width, small.height, small.channels);
}
