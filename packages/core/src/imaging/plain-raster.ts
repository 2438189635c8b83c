import type { FloatImage, RasterImage } from '../contracts';
import { InvalidImageError } from '../errors';
import { elementArrays, elementKind } from './element-kind';
import { fullScale } from './full-scale';
import { opaqueOverGrey } from './opaque-over-grey';

/** Solvers and cubic resizing leave [0, 1] by a little; other scales leave it by far. */
const MOST = 2;
const LEAST = -0.75;

/**
 * Checks that sizes and data agree and that floats are finite and of the scale [0, 1].
 *
 * ```ts
 * import { readImage } from '@latent-matte/backend-node';
 * import { assertRaster } from '@latent-matte/backend-node/core';
 *
 * const photo = await readImage('photo.jpg');
 * assertRaster(photo, 'The photo');
 * ```
 *
 * @throws InvalidImageError
 */
export function assertRaster(image: RasterImage, what = 'The image'): void {
  const { width, height, channels, data } = image ?? {};
  const sizes = [width, height].every((side) => Number.isInteger(side) && side >= 1);
  const kind = elementKind(data);
  if (!sizes || ![1, 3, 4].includes(channels) || kind === undefined) {
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
  if (kind === 'Float32Array') {
    // A value that is not finite makes the sum so; the slow search is for the message only.
    let sum = 0;
    let most = 0;
    let least = 0;
    for (let i = 0; i < data.length; i++) {
      const value = data[i];
      sum += value;
      if (value > most) most = value;
      else if (value < least) least = value;
    }
    const bad = Number.isFinite(sum) ? -1 : data.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      throw new InvalidImageError(
        `${what} holds ${data[bad]} at index ${bad}.`,
        'Float images must be finite, in [0, 1].',
      );
    }
    if (most > MOST || least < LEAST) {
      throw new InvalidImageError(
        `${what} holds floats from ${least} to ${most}; they must be in [0, 1].`,
        most > MOST
          ? 'Divide values of 0…255 by 255, or pass them as a Uint8Array.'
          : 'Bring values of −1…1 to [0, 1]: (x + 1) / 2.',
      );
    }
  }
}

/**
 * Refuses two rasters of different size.
 * @throws InvalidImageError
 */
export function assertSameSize(
  a: RasterImage,
  aLabel: string,
  b: RasterImage,
  bLabel: string,
): void {
  if (a.width !== b.width || a.height !== b.height) {
    throw new InvalidImageError(
      `The ${aLabel} is ${a.width}×${a.height} and the ${bLabel} ${b.width}×${b.height}.`,
      'Resize one of them: they must be of one size.',
    );
  }
}

/**
 * Refuses what is no map of a picture: one channel of its size.
 * @throws InvalidImageError
 */
export function assertMapOf(image: RasterImage, map: RasterImage, label: string): void {
  assertRaster(map, `The ${label}`);
  assertSameSize(image, 'image', map, label);
  if (map.channels !== 1) {
    throw new InvalidImageError(`The ${label} has ${map.channels} channels.`, 'Pass one channel.');
  }
}

/**
 * The same picture as floats in [0, 1]. Float data is returned as it is, without a copy.
 *
 * ```ts
 * import { readImage } from '@latent-matte/backend-node';
 * import { toFloatImage } from '@latent-matte/backend-node/core';
 *
 * const { data } = toFloatImage(await readImage('photo.jpg'));
 * const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
 * ```
 *
 * @throws InvalidImageError
 */
export function toFloatImage(image: RasterImage): FloatImage {
  assertRaster(image);
  if (elementKind(image.data) === 'Float32Array') return image as FloatImage;
  const scale = 1 / fullScale(image);
  // A loop: `Float32Array.from` with a function takes ten times as long, seconds for a photograph.
  const { width, height, channels, data: levels } = image;
  const data = new Float32Array(levels.length);
  for (let i = 0; i < data.length; i++) data[i] = levels[i] * scale;
  return { width, height, channels, data };
}

/**
 * A browser's `ImageData`, or anything of its shape, as a {@link RasterImage}.
 *
 * ```ts
 * import { cutOut, fromImageData } from '@latent-matte/core';
 *
 * const context = document.querySelector('canvas')!.getContext('2d')!;
 * const photo = fromImageData(context.getImageData(0, 0, 640, 480));
 * const person = await cutOut(photo);
 * ```
 */
export function fromImageData(image: {
  width: number;
  height: number;
  data: Uint8ClampedArray;
}): RasterImage {
  return { width: image.width, height: image.height, channels: 4, data: image.data };
}

/**
 * The picture with three channels, of the same type: grey is repeated, RGBA is laid over mid-grey (a matte needs
 * opaque pixels to work on). RGB is returned as it is.
 * @throws InvalidImageError
 */
export function opaqueRgb<Image extends RasterImage>(image: Image): Image {
  assertRaster(image);
  const { width, height, channels, data } = image;
  if (channels === 3) return image;
  if (channels === 4) return { ...image, channels: 3, data: opaqueOverGrey(data).rgb };
  // Not `data.constructor`: a Buffer is made otherwise.
  const rgb = new elementArrays[elementKind(data)!](width * height * 3);
  for (let i = 0; i < rgb.length; i++) rgb[i] = data[(i / 3) | 0];
  return { ...image, channels: 3, data: rgb };
}
