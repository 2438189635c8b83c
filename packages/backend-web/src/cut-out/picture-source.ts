import type { RasterImage } from '@latent-matte/core';
import { AbortedError, InvalidImageError } from '@latent-matte/core/caller';
import type { ReadImageOptions, WebImageSource } from '../image-source';
import { readImage } from '../read-image';

/**
 * A picture in any form: an address (a string or `URL`, which is fetched), a `Blob` or `File`, a bitmap, a canvas, an
 * `<img>` element, or pixels (`ImageData`, `RasterImage`).
 */
export type PictureSource = string | URL | WebImageSource | RasterImage;

/**
 * Fetches and decodes what has to be.
 *
 * @throws InvalidImageError, ImageTooLargeError as `readImage`, and when the address gives no picture
 */
export async function decodedPicture(
  source: PictureSource,
  { signal, ...options }: ReadImageOptions & { readonly signal?: AbortSignal | undefined },
): Promise<RasterImage> {
  if (typeof source === 'string' || source instanceof URL) {
    return await readImage(await fetched(source, signal), options);
  }
  if (typeof source === 'object' && source !== null && 'channels' in source) return source;
  return await readImage(source, options);
}

async function fetched(address: string | URL, signal: AbortSignal | undefined): Promise<Blob> {
  try {
    const response = await fetch(address, signal && { signal });
    if (response.ok) return await response.blob();
    throw new Error(`HTTP ${response.status}`);
  } catch (cause) {
    if (signal?.aborted)
      throw new AbortedError('Cancelled while the picture was fetched.', undefined, { cause });
    throw new InvalidImageError(
      `${address} cannot be fetched (${cause instanceof Error ? cause.message : String(cause)}).`,
      'Check the address; another site has to allow it (CORS).',
      { cause },
    );
  }
}
