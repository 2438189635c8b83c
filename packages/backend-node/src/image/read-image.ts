import { InvalidImageError, opaqueOverGrey, type RasterImage } from '@latent-matte/core';
import { decodePixels, type ImageSource, isDeep, openImage, toUint16 } from './read-source';

export interface ReadImageOptions {
  /** Larger pictures are refused from their header, before decoding. Default 50 million. */
  maxPixels?: number;
  /** Told about lossy choices, one sentence each. Default: `process.emitWarning`. */
  onWarning?: (message: string) => void;
}

/** 8660 × 5773: above any consumer camera's portrait mode, 600 MB as float RGB. */
export const DEFAULT_MAX_PIXELS = 50e6;

/**
 * Decodes a portrait: JPEG, PNG, WebP, AVIF, TIFF or GIF (the first frame of an animation).
 *
 * The result is upright (EXIF orientation applied), has three channels and sRGB colours: grey is spread over
 * the channels, CMYK and embedded profiles are converted. Eight bits come as `Uint8Array`, more as
 * `Uint16Array`. Transparent pixels are laid over mid-grey with a warning, since a cut-out is no portrait to
 * cut out; an opaque alpha channel is dropped silently.
 *
 * @param source a path, a `file:` URL, or the encoded bytes
 * @throws InvalidImageError missing, empty, a folder, not an image, or damaged
 * @throws ImageTooLargeError more than `maxPixels`
 */
export async function readImage(
  source: ImageSource,
  options: ReadImageOptions = {},
): Promise<RasterImage> {
  const {
    maxPixels = DEFAULT_MAX_PIXELS,
    onWarning = (message) => process.emitWarning(message, 'LatentMatteWarning'),
  } = options;
  const { label, header, decoder } = await openImage(source, maxPixels);
  const deep = isDeep(header);
  const { width, height, channels, bytes } = await decodePixels(
    label,
    decoder()
      .toColourspace(deep ? 'rgb16' : 'srgb')
      .raw({ depth: deep ? 'ushort' : 'uchar' }),
  );
  const data = deep ? toUint16(bytes) : new Uint8Array(bytes);
  if (channels === 3) return { width, height, channels: 3, data };
  if (channels === 4) {
    const { rgb, transparent } = opaqueOverGrey(data);
    if (transparent) {
      onWarning(`${label} has transparent parts; they were filled with mid-grey.`);
    }
    return { width, height, channels: 3, data: rgb };
  }
  throw new InvalidImageError(
    `${label} decodes to ${channels} channels.`,
    'Convert it to RGB first.',
  );
}
