import { extname } from 'node:path';
import {
  type FloatImage,
  InvalidOptionError,
  onBackground,
  type RasterImage,
} from '@latent-matte/core';
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

/** The two layers of a picture that may still be laid on a background. */
export interface Transparent {
  readonly foreground: FloatImage;
  readonly alpha: FloatImage;
}

const formats: readonly string[] = ['png', 'jpeg', 'webp'] satisfies ImageFormat[];

/** @param layers of a picture that is transparent; absent: it is opaque */
export function savable(picture: RasterImage, layers?: Transparent): Savable {
  return {
    async write(path, { background, ...options } = {}) {
      if (typeof path !== 'string') {
        throw new InvalidOptionError(`path is ${typeof path}.`, 'Give the path of a file.');
      }
      const jpeg = /^\.jpe?g$/i.test(extname(path));
      await writeImage(path, laid(picture, layers, background, jpeg), options);
    },
    async toBuffer(format = 'png', { background, ...options } = {}) {
      if (!formats.includes(format)) {
        throw new InvalidOptionError(
          `There is no format "${String(format)}".`,
          `Use one of: ${formats.join(', ')}.`,
        );
      }
      const shown = laid(picture, layers, background, format === 'jpeg');
      const bytes = await encodeImage(shown, format, options);
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
  };
}

/** @throws InvalidOptionError transparency that cannot be kept, or a background that nothing shows */
function laid(
  picture: RasterImage,
  layers: Transparent | undefined,
  background: string | RasterImage | undefined,
  opaque: boolean,
): RasterImage {
  if (background !== undefined) {
    if (layers !== undefined) return onBackground(layers.foreground, layers.alpha, background);
    throw new InvalidOptionError(
      'The picture is opaque: no background would be seen.',
      'Leave background out here.',
    );
  }
  if (!opaque || layers === undefined) return picture;
  throw new InvalidOptionError(
    'JPEG cannot store transparency.',
    "Use PNG or WebP, or give a background: { background: '#fff' }.",
  );
}
