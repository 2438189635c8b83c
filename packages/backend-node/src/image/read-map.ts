import { InvalidImageError, type RasterImage } from '@latent-matte/core';
import { assertOptionsOf } from '@latent-matte/core/internal';
import { floatPixels, isFloat } from './float-pixels';
import { DEFAULT_MAX_PIXELS, type ReadImageOptions } from './read-image';
import {
  decodePixels,
  type EncodedImage,
  type ImageSource,
  isDeep,
  openImage,
  toUint16,
} from './read-source';

type ReadMapOptions = Pick<ReadImageOptions, 'maxPixels' | 'signal'>;

/** Red, green and blue of a grey picture may differ by this much (of 1) after lossy compression. */
const GREY_TOLERANCE = 16 / 255;

/**
 * Reads a one-channel map: an alpha matte or a trimap, 8 or 16 bits, grey, paletted or RGB with equal
 * channels. Values are taken as stored: a colour profile does not change them.
 *
 * Where the file has a transparency channel that is not opaque (a cut-out), that channel is the map.
 *
 * ```ts
 * import { estimateForeground, readImage, readMap } from '@latent-matte/backend-node';
 *
 * const { foreground } = await estimateForeground(await readImage('photo.jpg'), await readMap('alpha.png'));
 * ```
 *
 * @param source as `readImage`
 * @throws InvalidImageError not an image, damaged, or coloured
 * @throws ImageTooLargeError more than `maxPixels` (default 50 million)
 */
export async function readMap(
  source: ImageSource,
  options: Pick<ReadImageOptions, 'maxPixels' | 'signal'> = {},
): Promise<RasterImage> {
  assertOptionsOf<ReadMapOptions>('readMap', options, {
    maxPixels: { is: 'number', min: 0, max: Number.POSITIVE_INFINITY, open: true },
    signal: { is: 'signal' },
  });
  const { maxPixels = DEFAULT_MAX_PIXELS, signal } = options;
  const encoded = await openImage(source, maxPixels, signal);
  const { label, header } = encoded;
  const deep = isDeep(header);
  const {
    width,
    height,
    channels,
    data: values,
  } = await (isFloat(encoded) ? floatPixels(encoded, { decode: false }) : storedLevels(encoded));
  if (channels > 4) {
    throw new InvalidImageError(
      `${label} has ${header.channels} channels.`,
      'Give the one that is the matte or the trimap.',
    );
  }
  const maximum = deep ? 65535 : 255;
  const pixels = width * height;
  const data = deep ? new Uint16Array(pixels) : new Uint8Array(pixels);
  if (channels === 4 && takeAlpha(values, data, maximum)) {
    return { width, height, channels: 1, data };
  }
  for (let pixel = 0; pixel < pixels; pixel++) {
    const red = values[pixel * channels]!;
    if (channels >= 3) {
      const green = values[pixel * channels + 1]!;
      const blue = values[pixel * channels + 2]!;
      const spread = Math.max(red, green, blue) - Math.min(red, green, blue);
      if (spread > GREY_TOLERANCE * maximum) {
        throw new InvalidImageError(
          `${label} is coloured, but an alpha matte or a trimap is grey.`,
          'Check that the right file was given.',
        );
      }
      data[pixel] = spread === 0 ? red : Math.round((red + green + blue) / 3);
    } else {
      data[pixel] = red;
    }
  }
  return { width, height, channels: 1, data };
}

async function storedLevels(encoded: EncodedImage) {
  const deep = isDeep(encoded.header);
  const { bytes, ...size } = await decodePixels(
    encoded,
    encoded
      .decoder({ ignoreProfile: true })
      .toColourspace(deep ? 'rgb16' : 'srgb')
      .raw({ depth: deep ? 'ushort' : 'uchar' }),
  );
  return { ...size, data: deep ? toUint16(bytes) : new Uint8Array(bytes) };
}

/** Copies the fourth channel; false when it is opaque everywhere. */
function takeAlpha(
  rgba: Uint8Array | Uint16Array,
  alpha: Uint8Array | Uint16Array,
  opaque: number,
): boolean {
  let transparent = false;
  for (let pixel = 0; pixel < alpha.length; pixel++) {
    const value = rgba[pixel * 4 + 3]!;
    if (value !== opaque) transparent = true;
    alpha[pixel] = value;
  }
  return transparent;
}
