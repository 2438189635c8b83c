import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ImageTooLargeError, InvalidImageError, megapixels } from '@latent-matte/core';
import sharp, { type Metadata, type Sharp } from 'sharp';

/** A path, a `file:` URL, or the encoded bytes of an image. */
export type ImageSource = string | URL | Uint8Array;

const formats = new Set(['jpeg', 'png', 'webp', 'tiff', 'heif', 'gif']);
const formatRemedy = 'Give a JPEG, PNG, WebP, AVIF, TIFF or GIF picture.';

/** An encoded image whose header was read and found acceptable; nothing is decoded yet. */
export interface EncodedImage {
  /** For messages: the file name, or "the image". */
  readonly label: string;
  readonly header: Metadata;
  /** A decoder for the first frame, upright by its EXIF orientation. */
  decoder(options?: { ignoreProfile?: boolean }): Sharp;
}

/**
 * Reads an encoded image and checks its header, so that a picture over `maxPixels` is refused before any
 * memory is spent on it.
 *
 * @throws InvalidImageError missing, empty, a folder, or not an image
 * @throws ImageTooLargeError more than `maxPixels`
 */
export async function openImage(source: ImageSource, maxPixels: number): Promise<EncodedImage> {
  const { bytes, label } = await readBytes(source);
  let header: Metadata;
  try {
    header = await sharp(bytes, { limitInputPixels: false }).metadata();
  } catch (cause) {
    throw new InvalidImageError(`${label} is not an image this SDK can read.`, formatRemedy, {
      cause,
    });
  }
  if (!formats.has(header.format ?? '')) {
    throw new InvalidImageError(
      `${label} has the format "${header.format}", which is not supported.`,
      formatRemedy,
    );
  }
  const { width, height } = header;
  if (width * height > maxPixels) {
    throw new ImageTooLargeError(
      `${label} has ${width} × ${height} = ${megapixels(width * height)} megapixels; the limit is ${megapixels(maxPixels)}.`,
      'Scale it down first, or raise `maxPixels`.',
    );
  }
  return {
    label,
    header,
    decoder: ({ ignoreProfile = false } = {}) =>
      sharp(bytes, {
        limitInputPixels: maxPixels,
        // Tolerates harmless oddities of cameras, refuses missing data.
        failOn: 'error',
        ignoreIcc: ignoreProfile,
      }).autoOrient(),
  };
}

/** The pixels of a decoder, or an {@link InvalidImageError} when the data is damaged. */
export async function decodePixels(
  label: string,
  decoder: Sharp,
): Promise<{ width: number; height: number; channels: number; bytes: Buffer }> {
  try {
    const { data, info } = await decoder.toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, channels: info.channels, bytes: data };
  } catch (cause) {
    throw new InvalidImageError(
      `${label} is damaged or cut short (${firstLine(cause)}).`,
      'Copy or export the picture again.',
      { cause },
    );
  }
}

/** Native-endian 16-bit view of a buffer, copied where it is not aligned. */
export function toUint16(bytes: Buffer): Uint16Array {
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : Buffer.from(new Uint8Array(bytes));
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2);
}

/** True when the samples of an image hold more than 8 bits. */
export const isDeep = (header: Metadata): boolean =>
  header.depth !== 'uchar' && header.depth !== 'char';

async function readBytes(source: ImageSource): Promise<{ bytes: Uint8Array; label: string }> {
  if (source instanceof Uint8Array) {
    if (source.byteLength === 0) {
      throw new InvalidImageError('The image has no bytes.', 'Pass the content of an image file.');
    }
    return { bytes: source, label: 'The image' };
  }
  const path = toPath(source);
  const label = `"${basename(path)}"`;
  try {
    const entry = await stat(path);
    if (entry.isDirectory()) {
      throw new InvalidImageError(`${path} is a folder.`, 'Give the path of an image file.');
    }
    if (entry.isFile() && entry.size === 0) {
      throw new InvalidImageError(`${path} is empty.`, 'Copy or download the picture again.');
    }
    return { bytes: await readFile(path), label };
  } catch (cause) {
    if (InvalidImageError.isInstance(cause)) throw cause;
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new InvalidImageError(
      missing ? `There is no file ${path}.` : `${path} cannot be read (${firstLine(cause)}).`,
      missing ? 'Check the path.' : 'Check the path and its permissions.',
      { cause },
    );
  }
}

function toPath(source: string | URL): string {
  if (typeof source === 'string' && !/^[a-z][a-z0-9+.-]+:\/\//i.test(source)) return source;
  if (typeof source === 'string' && !URL.canParse(source)) return source;
  const url = new URL(source);
  if (url.protocol !== 'file:') {
    throw new InvalidImageError(
      `${url.protocol}// addresses are not read.`,
      'Download the picture first and pass its path or its bytes.',
    );
  }
  return fileURLToPath(url);
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]!.trim();
