import { InvalidImageError } from '../errors';
import type { RasterImage } from '../spec';

/** Refuses a raster whose size and data disagree. `label` names it in the message. */
export function checkRaster(image: RasterImage, label: string): void {
  const { width, height, channels, data } = image;
  const sizes = `${width}×${height}, ${channels} channels`;
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new InvalidImageError(
      `The ${label} is ${sizes}.`,
      'Width and height must be integers ≥ 1.',
    );
  }
  if (data.length !== width * height * channels) {
    throw new InvalidImageError(
      `The ${label} is ${sizes}, but holds ${data.length} values instead of ${width * height * channels}.`,
      'Pass width × height × channels values.',
    );
  }
}

/** Refuses two rasters of different size. */
export function checkSameSize(
  a: RasterImage,
  aLabel: string,
  b: RasterImage,
  bLabel: string,
): void {
  if (a.width !== b.width || a.height !== b.height) {
    throw new InvalidImageError(
      `The ${aLabel} is ${a.width}×${a.height} and the ${bLabel} ${b.width}×${b.height}.`,
      'Resize one of them: a difference of pixels needs equal sizes.',
    );
  }
}

/** What the data is divided by to span [0, 1]. */
export function fullScale({ data }: RasterImage): number {
  if (data instanceof Float32Array) return 1;
  return data instanceof Uint16Array ? 65535 : 255;
}

/**
 * One channel as 8 bit, rounded to nearest (0.5 → 128), because every published figure was computed on 8-bit
 * files. 8-bit data is returned as it is, not copied.
 */
export function quantizeMap(image: RasterImage, label: string): Uint8Array | Uint8ClampedArray {
  checkRaster(image, label);
  if (image.channels !== 1) {
    throw new InvalidImageError(
      `The ${label} has ${image.channels} channels.`,
      'Pass one channel: the alpha alone.',
    );
  }
  const { data } = image;
  if (data instanceof Uint8Array || data instanceof Uint8ClampedArray) return data;
  const factor = 255 / fullScale(image);
  const bytes = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = data[i]! * factor;
    if (Number.isNaN(value)) {
      throw new InvalidImageError(`The ${label} is NaN at index ${i}.`, 'Pass finite values.');
    }
    bytes[i] = value <= 0 ? 0 : value >= 255 ? 255 : Math.floor(value + 0.5);
  }
  return bytes;
}
