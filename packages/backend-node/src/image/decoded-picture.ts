import { fromImageData, InvalidImageError, type RasterImage } from '@latent-matte/core';
import { isBytesLike, said } from '@latent-matte/core/internal';
import { type ReadImageOptions, readImage } from './read-image';
import type { ImageSource } from './read-source';

/** The pixels of a browser's or a canvas package's `ImageData`. */
export interface PixelData {
  readonly width: number;
  readonly height: number;
  /** RGBA. */
  readonly data: Uint8ClampedArray;
}

/**
 * A picture in any form: a path, a `file:` URL, the encoded bytes (`Buffer`, `Uint8Array`, `ArrayBuffer`, `Blob`,
 * `File`), or pixels (`RasterImage`, `ImageData`).
 */
export type PictureSource = ImageSource | RasterImage | PixelData;

/** Decodes what is encoded. @throws InvalidImageError, ImageTooLargeError as {@link readImage} */
export async function decodedPicture(
  source: PictureSource,
  options: ReadImageOptions,
): Promise<RasterImage> {
  const isPlace = typeof source === 'string' || source instanceof URL;
  if (isPlace || source instanceof Blob || isBytesLike(source)) {
    return await readImage(source, options);
  }
  if (typeof source === 'object' && source !== null && 'data' in source && 'width' in source) {
    return 'channels' in source ? source : fromImageData(source);
  }
  throw new InvalidImageError(
    `The photo is ${said(source)}, which is no picture.`,
    'Pass a path, the bytes of an image file, a Blob, a RasterImage or ImageData.',
  );
}
