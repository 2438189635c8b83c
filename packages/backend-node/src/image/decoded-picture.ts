import { fromImageData, InvalidImageError, type RasterImage } from '@latent-matte/core';
import { isBytesLike, said } from '@latent-matte/core/internal';
import { type ReadImageOptions, readImage } from './read-image';
import { readMap } from './read-map';
import type { ImageSource } from './read-source';

/** The pixels of a browser's or a canvas package's `ImageData`. */
export interface PixelData {
  readonly width: number;
  readonly height: number;
  /** RGBA. */
  readonly data: Uint8ClampedArray;
}

/**
 * A picture in any form: a path, a `URL` (of a file, or of the web, which is fetched), the encoded bytes (`Buffer`,
 * `Uint8Array`, `ArrayBuffer`, `Blob`, `File`), or pixels (`RasterImage`, `ImageData`).
 */
export type PictureSource = ImageSource | RasterImage | PixelData;

interface ReadingOptions extends Pick<ReadImageOptions, 'onWarning'> {
  readonly signal?: AbortSignal | undefined;
}

/** Decodes what is encoded. @throws InvalidImageError, ImageTooLargeError, AbortedError as {@link readImage} */
export async function decodedPicture(
  source: PictureSource,
  { signal, ...options }: ReadingOptions,
): Promise<RasterImage> {
  const isPlace = typeof source === 'string' || source instanceof URL;
  if (isPlace || source instanceof Blob || isBytesLike(source)) {
    return await readImage(source, { ...options, ...(signal && { signal }) });
  }
  if (typeof source === 'object' && source !== null && 'data' in source && 'width' in source) {
    return 'channels' in source ? source : fromImageData(source);
  }
  throw new InvalidImageError(
    `The photo is ${said(source)}, which is no picture.`,
    'Pass a path, a URL, the bytes of an image file, a Blob, a RasterImage or ImageData.',
  );
}

/** A matte or a trimap: as {@link PictureSource}, grey; of a cut-out its transparency. */
export type MapSource = ImageSource | RasterImage;

/** Decodes what is encoded. @throws InvalidImageError, ImageTooLargeError as {@link readMap} */
export async function decodedMap(
  source: MapSource,
  signal: AbortSignal | undefined,
): Promise<RasterImage> {
  if (typeof source === 'object' && source !== null && 'channels' in source) return source;
  return await readMap(source, signal && { signal });
}
