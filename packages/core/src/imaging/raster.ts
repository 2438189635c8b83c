import * as tf from '@tensorflow/tfjs-core';
import { InvalidImageError } from '../errors';
import { fullScale } from '../metrics/raster';
import type { FloatImage, RasterImage } from '../spec';

/**
 * Checks that sizes and data agree and that floats are finite.
 * @throws InvalidImageError
 */
export function assertRaster(image: RasterImage, what = 'The image'): void {
  const { width, height, channels, data } = image ?? {};
  const sizes = [width, height].every((side) => Number.isInteger(side) && side >= 1);
  const kinds = [Float32Array, Uint8Array, Uint8ClampedArray, Uint16Array];
  if (!sizes || ![1, 3, 4].includes(channels) || !kinds.some((kind) => data instanceof kind)) {
    throw new InvalidImageError(
      `${what} is not a RasterImage.`,
      'Pass { width, height, channels: 1 | 3 | 4, data } or read a file with readImage().',
    );
  }
  if (data.length !== width * height * channels) {
    throw new InvalidImageError(
      `${what} is ${width}×${height} with ${channels} channels but has ${data.length} values.`,
      `It needs ${width * height * channels}.`,
    );
  }
  if (data instanceof Float32Array) {
    const bad = data.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      throw new InvalidImageError(
        `${what} holds ${data[bad]} at index ${bad}.`,
        'Float images must be finite, in [0, 1].',
      );
    }
  }
}

/**
 * The same picture as floats in [0, 1]. Float data is returned as it is, without a copy.
 * @throws InvalidImageError
 */
export function toFloatImage(image: RasterImage): FloatImage {
  assertRaster(image);
  if (image.data instanceof Float32Array) return image as FloatImage;
  const scale = 1 / fullScale(image);
  const data = Float32Array.from(image.data, (value) => value * scale);
  return { width: image.width, height: image.height, channels: image.channels, data };
}

/** A browser's `ImageData`, or anything of its shape, as a {@link RasterImage}. */
export function fromImageData(image: {
  width: number;
  height: number;
  data: Uint8ClampedArray;
}): RasterImage {
  return { width: image.width, height: image.height, channels: 4, data: image.data };
}

/**
 * RGB `[1, H, W, 3]` in [0, 1]. Grey is repeated, alpha is composited over mid-grey (a matte needs opaque
 * pixels to work on).
 */
export function rgbTensor(image: RasterImage): tf.Tensor4D {
  const { width, height, channels, data } = toFloatImage(image);
  if (channels === 3) return tf.tensor4d(data, [1, height, width, 3]);
  const rgb = new Float32Array(width * height * 3);
  for (let p = 0; p < width * height; p++) {
    const opacity = channels === 4 ? data[p * 4 + 3] : 1;
    for (let c = 0; c < 3; c++) {
      const value = channels === 4 ? data[p * 4 + c] : data[p];
      rgb[p * 3 + c] = value * opacity + 0.5 * (1 - opacity);
    }
  }
  return tf.tensor4d(rgb, [1, height, width, 3]);
}

/** `[1, H, W, C]` with C = 1, 3 or 4 → plain data, clipped to [0, 1]. The tensor is not disposed. */
export async function readTensor(tensor: tf.Tensor4D): Promise<FloatImage> {
  const [, height, width, channels] = tensor.shape;
  const values = (await tensor.data()) as Float32Array;
  const data = Float32Array.from(values, (value) => (value < 0 ? 0 : value > 1 ? 1 : value));
  return { width, height, channels: channels as 1 | 3 | 4, data };
}
