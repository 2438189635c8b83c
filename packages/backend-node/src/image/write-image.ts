import { extname } from 'node:path';
import { InvalidOptionError, type RasterImage } from '@latent-matte/core';
import {
  assertOptionsOf,
  assertRaster,
  fullScale,
  isOfRows,
  type KindsOf,
  rowsOf,
  said,
} from '@latent-matte/core/internal';
import { writeFileAtomic } from '@latent-matte/files/write-file-atomic';
import sharp from 'sharp';

export type ImageFormat = 'png' | 'jpeg' | 'webp';

export interface EncodeOptions {
  /** JPEG and WebP quality, 1…100. Default 92. */
  quality?: number;
  /** Bits per sample of a PNG. Default: 16 for `Uint16Array` data, otherwise 8. */
  depth?: 8 | 16;
  /** Scales a larger picture down so that its longest side has this many pixels. Default: no scaling. */
  maxSide?: number;
}

const encodeKinds: KindsOf<EncodeOptions> = {
  quality: { is: 'number', min: 1, max: 100, open: false },
  depth: { is: 'value', noun: '8 or 16' },
  maxSide: { is: 'number', min: 0, max: Number.POSITIVE_INFINITY, open: true },
};

const formatOf: Record<string, ImageFormat> = {
  '.png': 'png',
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.webp': 'webp',
};

/**
 * Encodes a picture. Float data is clamped to [0, 1] and rounded. JPEG has no alpha: RGBA is refused there.
 *
 * ```ts
 * import { encodeImage, readImage } from '@latent-matte/backend-node';
 *
 * const bytes = await encodeImage(await readImage('photo.png'), 'webp', { quality: 80, maxSide: 1024 });
 * ```
 *
 * @throws InvalidImageError data that contradicts its size, is not finite, or far from [0, 1] as floats
 * @throws InvalidOptionError RGBA as JPEG, quality out of range
 */
export async function encodeImage(
  image: RasterImage,
  format: ImageFormat,
  options: EncodeOptions = {},
): Promise<Uint8Array> {
  assertOptionsOf<EncodeOptions>('encodeImage', options, encodeKinds);
  const ofRows = typeof image === 'object' && image !== null && isOfRows(image);
  if (!ofRows) assertRaster(image);
  if (!Object.values(formatOf).includes(format)) {
    throw new InvalidOptionError(
      `There is no format "${String(format)}".`,
      'Use "png", "jpeg" or "webp".',
    );
  }
  const { quality = 92, depth = !ofRows && image.data instanceof Uint16Array ? 16 : 8 } = options;
  const { width, height, channels } = image;
  if (!(quality >= 1 && quality <= 100)) {
    throw new InvalidOptionError(`quality is ${quality}.`, 'Give a number from 1 to 100.');
  }
  if (format === 'jpeg' && channels === 4) {
    throw new InvalidOptionError('JPEG cannot store transparency.', 'Write a .png or .webp file.');
  }
  const deep = format === 'png' && depth === 16;
  const full = deep ? 65535 : 255;
  const data = ofRows ? quantizedRows(image, full) : quantize(image, full);
  const encoder = sharp(data, { raw: { width, height, channels } });
  if (channels === 1) encoder.toColourspace(deep ? 'grey16' : 'b-w');
  else encoder.toColourspace(deep ? 'rgb16' : 'srgb');
  if (options.maxSide !== undefined) {
    const side = Math.max(1, Math.round(options.maxSide));
    encoder.resize(side, side, { fit: 'inside', withoutEnlargement: true });
  }
  if (format === 'png') encoder.png({ compressionLevel: 6 });
  else if (format === 'jpeg') encoder.jpeg({ quality, chromaSubsampling: '4:4:4' });
  else encoder.webp({ quality });
  // Not a copy: of a large picture it is as large again. sharp's buffers have memory of their own.
  const { buffer, byteOffset, byteLength } = await encoder.toBuffer();
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/**
 * Writes a picture as PNG, JPEG or WebP, by the extension of `path`; complete or not at all
 * (see `writeFileAtomic` of `@latent-matte/backend-node/internal`).
 *
 * ```ts
 * import { readImage, writeImage } from '@latent-matte/backend-node';
 *
 * await writeImage('photo.webp', await readImage('photo.png'), { quality: 80 });
 * ```
 *
 * @throws OutputError unwritable folder, full disk, or `path` is a folder
 * @throws InvalidOptionError another extension
 */
export async function writeImage(
  path: string,
  image: RasterImage,
  options?: EncodeOptions,
): Promise<void> {
  if (typeof path !== 'string') {
    throw new InvalidOptionError(
      `The path is ${said(path)}.`,
      'Pass the path of a file first, then the picture.',
    );
  }
  const format = formatOf[extname(path).toLowerCase()];
  if (format === undefined) {
    throw new InvalidOptionError(
      `Cannot tell the image format of ${path}.`,
      'Use a name that ends in .png, .jpg or .webp.',
    );
  }
  await writeFileAtomic(path, await encodeImage(image, format, options));
}

/** {@link quantize} of a picture that is made as it is read. */
function quantizedRows(image: RasterImage, maximum: 255 | 65535): Uint8Array | Uint16Array {
  const { width, height, channels, rows } = rowsOf(image);
  const length = width * height * channels;
  const result = maximum === 255 ? new Uint8Array(length) : new Uint16Array(length);
  let at = 0;
  for (const row of rows()) {
    for (const value of row) {
      result[at++] = Math.min(maximum, Math.max(0, Math.round(value * maximum)));
    }
  }
  return result;
}

/** Samples as integers 0…maximum, whatever type they came in. */
function quantize(image: RasterImage, maximum: 255 | 65535): Uint8Array | Uint16Array {
  const { data } = image;
  const result = maximum === 255 ? new Uint8Array(data.length) : new Uint16Array(data.length);
  const scale = maximum / fullScale(image);
  for (let i = 0; i < data.length; i++) {
    result[i] = Math.min(maximum, Math.max(0, Math.round(data[i]! * scale)));
  }
  return result;
}
