import { extname } from 'node:path';
import { InvalidOptionError, type RasterImage } from '@latent-matte/core';
import { type PictureLayers, pictureToSave } from '@latent-matte/core/backend';
import { said } from '@latent-matte/core/internal';
import {
  type EncodeOptions,
  encodeImage,
  type ImageFormat,
  writeImage,
} from '../image/write-image';

/** How a result becomes a file. */
export interface SaveOptions extends EncodeOptions {
  /**
   * What a transparent picture is laid on first: a CSS hex colour or a picture. JPEG, which has no transparency, needs
   * one. Default: nothing.
   */
  background?: string | RasterImage;
}

/** How a result becomes a `Blob`, as in pages. */
export interface BlobOptions extends Pick<SaveOptions, 'background'> {
  /** Quality of JPEG and WebP in [0, 1], as a canvas takes it. Default 0.92. */
  quality?: number;
}

/** A result that can be saved. */
export interface Savable {
  /**
   * Writes the picture as PNG, WebP or JPEG, by the extension of `path`; complete or not at all.
   *
   * @throws OutputError unwritable folder, full disk
   * @throws InvalidOptionError another extension, or a transparent JPEG
   */
  write(path: string, options?: SaveOptions): Promise<void>;
  /**
   * The encoded picture. Default `'png'`.
   *
   * @throws InvalidOptionError another format, or a transparent JPEG
   */
  toBuffer(format?: ImageFormat, options?: SaveOptions): Promise<Buffer>;
  /**
   * The encoded picture as pages have it, for code that runs in both, a `Response` or a `FormData`. Default `'image/png'`.
   *
   * @throws InvalidOptionError another type, or a transparent JPEG
   */
  toBlob(type?: `image/${ImageFormat}`, options?: BlobOptions): Promise<Blob>;
}

const formats: readonly string[] = ['png', 'jpeg', 'webp'] satisfies ImageFormat[];

/** @param layers of a picture that is transparent; absent: it is opaque */
export function savable(picture: RasterImage, layers?: PictureLayers): Savable {
  const saved: Savable = {
    async write(path, { background, ...options } = {}) {
      if (typeof path !== 'string') {
        throw new InvalidOptionError(`path is ${said(path)}.`, 'Give the path of a file.');
      }
      const jpeg = /^\.jpe?g$/i.test(extname(path));
      await writeImage(path, pictureToSave(picture, layers, background, jpeg), options);
    },
    async toBuffer(format = 'png', { background, ...options } = {}) {
      if (!formats.includes(format)) {
        throw new InvalidOptionError(
          `There is no format "${String(format)}".`,
          `Use one of: ${formats.join(', ')}.`,
        );
      }
      const shown = pictureToSave(picture, layers, background, format === 'jpeg');
      const bytes = await encodeImage(shown, format, options);
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
    async toBlob(type = 'image/png', { background, quality } = {}) {
      if (!formats.some((format) => type === `image/${format}`)) {
        throw new InvalidOptionError(
          `There is no type "${String(type)}".`,
          `Use one of: ${formats.map((format) => `image/${format}`).join(', ')}.`,
        );
      }
      if (quality !== undefined && !(quality >= 0 && quality <= 1)) {
        throw new InvalidOptionError(`quality is ${said(quality)}.`, 'Give a number from 0 to 1.');
      }
      const bytes = await saved.toBuffer(type.slice('image/'.length) as ImageFormat, {
        ...(background !== undefined && { background }),
        ...(quality !== undefined && { quality: Math.max(1, Math.round(100 * quality)) }),
      });
      // A copy: a Buffer may lie in shared memory as far as its type says.
      return new Blob([new Uint8Array(bytes)], { type });
    },
  };
  return saved;
}
