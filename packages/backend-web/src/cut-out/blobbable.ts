import type { RasterImage } from '@latent-matte/core';
import { InvalidOptionError, type PictureLayers, pictureToSave } from '@latent-matte/core/caller';
import { toBlob } from '../to-blob';

export type BlobType = 'image/png' | 'image/jpeg' | 'image/webp';

/** How a result becomes a file. */
export interface BlobOptions {
  /** Quality of JPEG and WebP in [0, 1]. Default: the browser's. */
  quality?: number;
  /**
   * What a transparent picture is laid on first: a CSS hex colour or a picture. JPEG, which has no transparency, needs
   * one. Default: nothing.
   */
  background?: string | RasterImage;
}

/** A result that can be shown and downloaded. */
export interface Blobbable {
  /**
   * The encoded picture, for an `<img>` or a download. Default `'image/png'`.
   *
   * @throws InvalidOptionError a transparent JPEG
   * @throws OutputError the browser cannot encode that type, or a picture of that size
   */
  toBlob(type?: BlobType, options?: BlobOptions): Promise<Blob>;
}

const types: readonly string[] = ['image/png', 'image/jpeg', 'image/webp'] satisfies BlobType[];

/** @param layers of a picture that is transparent; absent: it is opaque */
export function blobbable(picture: RasterImage, layers?: PictureLayers): Blobbable {
  return {
    async toBlob(type = 'image/png', { background, quality } = {}) {
      if (!types.includes(type)) {
        throw new InvalidOptionError(
          `There is no type "${String(type)}".`,
          `Use one of: ${types.join(', ')}.`,
        );
      }
      const shown = pictureToSave(picture, layers, background, type === 'image/jpeg');
      return await toBlob(shown, { type, ...(quality !== undefined && { quality }) });
    },
  };
}
