import type { RasterImage } from '@latent-matte/core';
import { assertOptionsOf, OutputError } from '@latent-matte/core/caller';
import { openCanvas } from './open-canvas';
import { toImageData } from './to-image-data';

export interface ToBlobOptions {
  /** Default `'image/png'`. */
  type?: 'image/png' | 'image/jpeg' | 'image/webp';
  /** Quality of JPEG and WebP in [0, 1]. Default: the browser's. */
  quality?: number;
}

/**
 * Encodes a picture, for a download or an `<img>`. Eight bits a channel; colours under an opacity of a few
 * per cent lose precision, since canvases store them multiplied.
 *
 * ```ts
 * import { readImage, toBlob } from '@latent-matte/backend-web';
 *
 * const photo = await readImage(document.querySelector('canvas')!);
 * link.href = URL.createObjectURL(await toBlob(photo, { type: 'image/webp', quality: 0.9 }));
 * ```
 *
 * @throws InvalidImageError sizes and data do not agree
 * @throws InvalidOptionError an unknown option, or one of another kind
 * @throws OutputError the browser cannot encode that type, or a picture of that size
 * @throws BackendError there is no OffscreenCanvas
 */
export async function toBlob(image: RasterImage, options: ToBlobOptions = {}): Promise<Blob> {
  assertOptionsOf<ToBlobOptions>('toBlob', options, {
    type: { is: 'value', noun: 'a MIME type' },
    quality: { is: 'number', min: 0, max: 1, open: false },
  });
  const { type = 'image/png', quality } = options;
  const pixels = toImageData(image);
  const { canvas, context } = openCanvas(pixels.width, pixels.height);
  context.putImageData(pixels, 0, 0);
  let blob: Blob;
  try {
    blob = await canvas.convertToBlob({ type, quality });
  } catch (cause) {
    throw new OutputError(
      `The browser cannot encode a picture of ${pixels.width}×${pixels.height} pixels.`,
      'Scale it down first.',
      { cause },
    );
  }
  // A canvas falls back to PNG silently.
  if (blob.type !== type) {
    throw new OutputError(`This browser cannot write ${type}.`, 'Use "image/png".');
  }
  return blob;
}
