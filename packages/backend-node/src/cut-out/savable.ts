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
}

const formats: readonly string[] = ['png', 'jpeg', 'webp'] satisfies ImageFormat[];

/** @param layers of a picture that is transparent; absent: it is opaque */
export function savable(picture: RasterImage, layers?: PictureLayers): Savable {
  return {
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
  };
}
