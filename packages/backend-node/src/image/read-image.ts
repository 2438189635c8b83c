import { InvalidImageError, type RasterImage } from '@latent-matte/core';
import { assertOptionsOf, type KindsOf, opaqueOverGrey } from '@latent-matte/core/internal';
import { floatPixels, isFloat } from './float-pixels';
import {
  decodePixels,
  type EncodedImage,
  type ImageSource,
  isDeep,
  openImage,
  toUint16,
} from './read-source';

export interface ReadImageOptions {
  /** Larger pictures are refused from their header, before decoding. Default 50 million. */
  maxPixels?: number;
  /** Told about lossy choices, one sentence each. Default: `process.emitWarning`. */
  onWarning?: (message: string) => void;
  /** Cancels the fetch of an address with an `AbortedError`. */
  signal?: AbortSignal;
}

const positive = {
  is: 'number',
  min: 0,
  max: Number.POSITIVE_INFINITY,
  open: true,
} as const;
const readKinds: KindsOf<ReadImageOptions> = {
  maxPixels: positive,
  onWarning: { is: 'callback' },
  signal: { is: 'signal' },
};

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
 * Floating-point TIFF is taken for linear light in [0, 1], as the programs that write it mean it, with a warning.
 *
 * ```ts
 * import { readImage } from '@latent-matte/backend-node';
 *
 * const { width, height, data } = await readImage('photo.jpg', { maxPixels: 12e6 });
 * ```
 *
 * @param source a path, a `URL` of a file or of the web, which is fetched, a `data:` address, or the encoded bytes: any
 *   view or buffer, or a `Blob`
 * @throws InvalidImageError missing, empty, a folder, not an image, or damaged
 * @throws ImageTooLargeError more than `maxPixels`
 * @throws AbortedError the signal fired
 * @throws InvalidOptionError an unknown option, or one of another kind
 */
export async function readImage(
  source: ImageSource,
  options: ReadImageOptions = {},
): Promise<RasterImage> {
  assertOptionsOf<ReadImageOptions>('readImage', options, readKinds);
  const {
    maxPixels = DEFAULT_MAX_PIXELS,
    onWarning = (message) => process.emitWarning(message, 'LatentMatteWarning'),
    signal,
  } = options;
  const encoded = await openImage(source, maxPixels, signal);
  const { label } = encoded;
  if (isFloat(encoded)) {
    onWarning(`${label} has floating-point samples; they were read as linear light.`);
  }
  const { width, height, channels, data } = await (isFloat(encoded)
    ? floatPixels(encoded, { decode: true })
    : integerPixels(encoded));
  if (channels === 3) return { width, height, channels: 3, data };
  if (channels === 4) {
    const { rgb, transparent } = opaqueOverGrey(data);
    if (transparent) {
      onWarning(`${label} has transparent parts; they were filled with mid-grey.`);
    }
    return { width, height, channels: 3, data: rgb };
  }
  throw new InvalidImageError(
    `${label} has ${encoded.header.channels} channels.`,
    'Convert it to RGB first.',
  );
}

interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array | Uint16Array;
}

async function integerPixels(encoded: EncodedImage): Promise<Pixels> {
  const deep = isDeep(encoded.header);
  const { bytes, ...size } = await decodePixels(
    encoded,
    encoded
      .decoder()
      .toColourspace(deep ? 'rgb16' : 'srgb')
      .raw({ depth: deep ? 'ushort' : 'uchar' }),
  );
  return { ...size, data: deep ? toUint16(bytes) : new Uint8Array(bytes) };
}
