import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ImageTooLargeError, InvalidImageError, LatentMatteError } from '@latent-matte/core';
import { type BytesLike, isBytesLike, plainBytes, said } from '@latent-matte/core/internal';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { checkJpeg, checkPng, checkSize } from './check-encoded';
import { checkTiff } from './check-tiff';
import { type EncodedFormat, encodedFormat, FORMAT_REMEDY, heifRefusal } from './encoded-format';
import { fetchedBytes, isFetchable, labelOfAddress } from './fetched-bytes';

/**
 * A path, a `URL` (of a file, or an address that is fetched), or the encoded bytes of an image. An address as text is
 * taken for a mistake, so that no text makes a program ask other machines; `data:` is its own picture.
 */
export type ImageSource = string | URL | BytesLike | Blob;

/** Encoded bytes of a picture beyond its pixels as floats with alpha: profiles, previews, notes of the camera. */
const MOST_EXTRA = 64 * 2 ** 20;

/** An encoded image whose header was read and found acceptable; nothing is decoded yet. */
export interface EncodedImage {
  /** For messages: the file name, or "the image". */
  readonly label: string;
  readonly header: Metadata;
  /** What to say where the pixels cannot be decoded: a codec that libvips has not. */
  readonly refusal: readonly [problem: string, remedy: string] | undefined;
  /** A decoder for the first frame, upright by its EXIF orientation. */
  decoder(options?: { ignoreProfile?: boolean }): Sharp;
}

/**
 * Reads an encoded image and checks its header, so that a picture over `maxPixels` is refused before any
 * memory is spent on it.
 *
 * @param signal ends the fetch of an address
 * @throws InvalidImageError missing, empty, a folder, or not an image
 * @throws ImageTooLargeError more than `maxPixels`
 * @throws AbortedError the signal fired
 */
export async function openImage(
  source: ImageSource,
  maxPixels: number,
  signal?: AbortSignal,
): Promise<EncodedImage> {
  const { bytes: given, label } = await readBytes(source, maxPixels, signal);
  const format = encodedFormat(given, label);
  const bytes = format === 'png' ? checkPng(label, given, maxPixels) : given;
  if (format === 'jpeg') checkJpeg(label, given, maxPixels);
  if (format === 'tiff') checkTiff(label, given);
  let header: Metadata;
  try {
    header = await sharp(bytes, { limitInputPixels: false }).metadata();
  } catch (cause) {
    throw unreadable(bytes, label, format, cause);
  }
  if (header.format !== format) {
    throw new InvalidImageError(
      `${label} has the format "${header.format}", which is not supported.`,
      FORMAT_REMEDY,
    );
  }
  checkSize(label, header.width, header.height, maxPixels);
  return {
    label,
    header,
    refusal: format === 'heif' ? heifRefusal(bytes) : undefined,
    decoder: ({ ignoreProfile = false } = {}) =>
      sharp(bytes, {
        limitInputPixels: maxPixels,
        // Tolerates harmless oddities of cameras, refuses missing data.
        failOn: 'error',
        ignoreIcc: ignoreProfile,
      }).autoOrient(),
  };
}

function unreadable(
  bytes: Uint8Array,
  label: string,
  format: EncodedFormat,
  cause: unknown,
): InvalidImageError {
  const refusal = format === 'heif' ? heifRefusal(bytes) : undefined;
  if (refusal !== undefined)
    return new InvalidImageError(`${label} ${refusal[0]}.`, refusal[1], { cause });
  return new InvalidImageError(
    `${label} is not an image this SDK can read, though it begins like one (${format}).`,
    FORMAT_REMEDY,
    { cause },
  );
}

/** The pixels of a decoder, or an {@link InvalidImageError} when the data is damaged. */
export async function decodePixels(
  { label, refusal }: Pick<EncodedImage, 'label' | 'refusal'>,
  decoder: Sharp,
): Promise<{ width: number; height: number; channels: number; bytes: Buffer }> {
  try {
    const { data, info } = await decoder.toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, channels: info.channels, bytes: data };
  } catch (cause) {
    if (refusal !== undefined) {
      throw new InvalidImageError(`${label} ${refusal[0]}.`, refusal[1], { cause });
    }
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

async function readBytes(
  source: ImageSource,
  maxPixels: number,
  signal: AbortSignal | undefined,
): Promise<{ bytes: Uint8Array; label: string }> {
  const most = 16 * maxPixels + MOST_EXTRA;
  if (source instanceof Blob || isBytesLike(source)) {
    const size = source instanceof Blob ? source.size : source.byteLength;
    if (size === 0) {
      throw new InvalidImageError('The image has no bytes.', 'Pass the content of an image file.');
    }
    if (size > most) throw tooManyBytes('The image', most);
    const bytes = source instanceof Blob ? await source.arrayBuffer() : source;
    return { bytes: plainBytes(bytes), label: 'The image' };
  }
  if (typeof source !== 'string' && !(source instanceof URL)) {
    throw new InvalidImageError(
      `The image is ${said(source)}, which is no picture.`,
      'Pass a path, a URL, the bytes of an image file, or a Blob.',
    );
  }
  const address = addressOf(source);
  if (address !== undefined) {
    const label = labelOfAddress(address);
    const bytes = await fetchedBytes(address, most, () => tooManyBytes(label, most), signal);
    if (bytes.length > 0) return { bytes, label };
    throw new InvalidImageError(`${label} is empty.`, 'Check the address.');
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
    if (!entry.isFile() && !entry.isFIFO()) {
      throw new InvalidImageError(`${path} is a device.`, 'Give the path of an image file.');
    }
    return { bytes: await readAtMost(path, most, label), label };
  } catch (cause) {
    if (LatentMatteError.isInstance(cause)) throw cause;
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new InvalidImageError(
      missing ? `There is no file ${path}.` : `${path} cannot be read (${firstLine(cause)}).`,
      missing ? 'Check the path.' : 'Check the path and its permissions.',
      { cause },
    );
  }
}

const tooManyBytes = (label: string, most: number): ImageTooLargeError =>
  new ImageTooLargeError(
    `${label} has more than ${most} bytes, more than a picture within the limit of pixels takes.`,
    'Scale it down first, or raise `maxPixels`.',
  );

/** A file, or what comes out of a pipe, as far as it is no longer than a picture can be. */
async function readAtMost(path: string, most: number, label: string): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of createReadStream(path, { highWaterMark: 2 ** 20 })) {
    pieces.push(piece as Buffer);
    size += (piece as Buffer).length;
    if (size > most) throw tooManyBytes(label, most);
  }
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
}

/** What is to be fetched; of text only what brings its bytes along. */
function addressOf(source: string | URL): URL | undefined {
  if (source instanceof URL) return isFetchable(source) ? source : undefined;
  return /^data:[^,]*,/.test(source) ? new URL(source) : undefined;
}

function toPath(source: string | URL): string {
  if (typeof source === 'string' && !/^[a-z][a-z0-9+.-]+:\/\//i.test(source)) return source;
  if (typeof source === 'string' && !URL.canParse(source)) return source;
  const url = new URL(source);
  if (url.protocol !== 'file:') {
    throw new InvalidImageError(
      `${url.protocol}// addresses are not read as text.`,
      isFetchable(url)
        ? 'Pass new URL(address), which is fetched.'
        : 'Download the picture first and pass its path or its bytes.',
    );
  }
  return fileURLToPath(url);
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]!.trim();
