import type { RasterImage } from '@latent-matte/core';
import {
  assertOptionsOf,
  backendInUse,
  ImageTooLargeError,
  InvalidImageError,
  megapixels,
  opaqueOverGrey,
} from '@latent-matte/core/caller';
import { encodedSize } from './encoded-size';
import type { ReadImageOptions, WebImageSource } from './image-source';
import { openCanvas } from './open-canvas';
import type { WebBackend } from './web-backend';

const DEFAULT_MAX_PIXELS = 50e6;

/**
 * Decodes a portrait: upright (EXIF orientation applied), sRGB, three channels, 8 bits. Transparent pixels are
 * laid over mid-grey with a warning, since a cut-out is no portrait to cut out. Bitmaps and canvases stay as they
 * are; nothing is closed.
 * Decoded in the worker of the active backend, where it has one.
 *
 * ```ts
 * import { enhancePortrait, readImage, useWebBackend } from '@latent-matte/backend-web';
 *
 * await useWebBackend({ worker: true });
 * const photo = await readImage(document.querySelector('img')!);
 * const { portrait } = await enhancePortrait(photo);
 * ```
 *
 * @throws InvalidImageError not an image, damaged, not loaded yet, or from another site without CORS
 * @throws ImageTooLargeError more than `maxPixels`, or more than the browser's canvas can hold
 * @throws BackendError the browser has no OffscreenCanvas
 * @throws InvalidOptionError an unknown option, or one of another kind
 */
export async function readImage(
  source: WebImageSource,
  options: ReadImageOptions = {},
): Promise<RasterImage> {
  assertOptionsOf<ReadImageOptions>('readImage', options, {
    maxPixels: { is: 'number', min: 0, max: Number.POSITIVE_INFINITY, open: true },
    onWarning: { is: 'callback' },
  });
  const backend = backendInUse();
  return backend?.platform === 'web'
    ? await (backend as WebBackend).readImage(source, options)
    : await readImageHere(source, options);
}

/** {@link readImage} on this thread. */
export async function readImageHere(
  source: WebImageSource,
  options: ReadImageOptions = {},
): Promise<RasterImage> {
  const { maxPixels = DEFAULT_MAX_PIXELS, onWarning = (message) => console.warn(message) } =
    options;
  const { width, height, data } = await rgbaPixels(source, maxPixels);
  const { rgb, transparent } = opaqueOverGrey(data);
  if (transparent) onWarning('The image has transparent parts; they were filled with mid-grey.');
  return { width, height, channels: 3, data: rgb };
}

interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

async function rgbaPixels(source: WebImageSource, maxPixels: number): Promise<Pixels> {
  await assertSource(source, maxPixels);
  if (isA('ImageData', source)) {
    const { width, height, data, colorSpace } = source as ImageData;
    // Wide-gamut or float pixels go through a canvas, which converts them.
    if ((colorSpace ?? 'srgb') === 'srgb' && data instanceof Uint8ClampedArray) {
      return { width, height, data };
    }
  }
  if (isDrawable(source)) return draw(source);
  const bitmap = await decode(source);
  try {
    assertSize(bitmap.width, bitmap.height, maxPixels);
    return draw(bitmap);
  } finally {
    bitmap.close();
  }
}

/**
 * A source that another thread can take, and what of it is to be transferred: the caller's own pictures stay usable.
 *
 * @throws InvalidImageError, ImageTooLargeError as {@link readImage}
 */
export async function sendableSource(
  source: WebImageSource,
  { maxPixels = DEFAULT_MAX_PIXELS }: ReadImageOptions,
): Promise<{ source: Blob | ImageData | ImageBitmap; transfer: Transferable[] }> {
  await assertSource(source, maxPixels);
  if (isA('Blob', source) || isA('ImageData', source)) {
    return { source: source as Blob | ImageData, transfer: [] };
  }
  const bitmap = await decode(source);
  return { source: bitmap, transfer: [bitmap] };
}

/** Checks what can be known before decoding. @throws InvalidImageError, ImageTooLargeError */
async function assertSource(source: WebImageSource, maxPixels: number): Promise<void> {
  if (isA('Blob', source)) {
    const size = await encodedSize(source as Blob);
    if (size !== undefined) assertSize(size[0], size[1], maxPixels);
  } else if (isA('HTMLImageElement', source)) {
    const { complete, naturalWidth, naturalHeight } = source as HTMLImageElement;
    if (!complete || naturalWidth === 0) {
      throw new InvalidImageError(
        'The <img> element is not loaded.',
        'Wait for `await image.decode()` first.',
      );
    }
    assertSize(naturalWidth, naturalHeight, maxPixels);
  } else if (isA('ImageData', source) || isDrawable(source)) {
    const { width, height } = source as ImageData | ImageBitmap;
    assertSize(width, height, maxPixels);
  } else {
    throw new InvalidImageError(
      'This is not an image source.',
      'Pass a File, Blob, ImageBitmap, ImageData, canvas or <img> element.',
    );
  }
}

async function decode(source: ImageBitmapSource): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(source, { imageOrientation: 'from-image' });
  } catch (cause) {
    throw new InvalidImageError(
      'The image cannot be decoded.',
      'Give a complete JPEG, PNG, WebP, AVIF or GIF picture.',
      { cause },
    );
  }
}

function draw(source: ImageBitmap | OffscreenCanvas | HTMLCanvasElement): Pixels {
  const { width, height } = source;
  const { context } = openCanvas(width, height);
  try {
    context.drawImage(source, 0, 0);
    return { width, height, data: context.getImageData(0, 0, width, height).data };
  } catch (cause) {
    throw cause instanceof DOMException && cause.name === 'SecurityError'
      ? foreignImage(cause)
      : new InvalidImageError(
          `The ${width}×${height} pixels of the image cannot be read.`,
          'Scale it down, or check that it was not closed.',
          { cause },
        );
  }
}

/** Neither the pixels nor the bitmap of such an image leave their place. */
export const foreignImage = (cause: unknown): InvalidImageError =>
  new InvalidImageError(
    'The pixels of an image from another site may not be read.',
    'Load it with crossorigin="anonymous" from a server that allows it, or fetch it as a Blob.',
    { cause },
  );

/** @throws ImageTooLargeError, InvalidImageError */
function assertSize(width: number, height: number, maxPixels: number): void {
  if (width < 1 || height < 1) {
    throw new InvalidImageError(
      `The image is ${width}×${height} pixels.`,
      'It is empty, or was closed.',
    );
  }
  if (width * height > maxPixels) {
    throw new ImageTooLargeError(
      `The image has ${width} × ${height} = ${megapixels(width * height)} megapixels; the limit is ${megapixels(maxPixels)}.`,
      'Scale it down first, or raise `maxPixels`.',
    );
  }
}

/** `instanceof`, for classes that workers and old browsers may lack, and across frames. */
const isA = (name: string, value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (Object.prototype.toString.call(value) === `[object ${name}]` ||
    (name === 'Blob' && typeof Blob !== 'undefined' && value instanceof Blob));

const isDrawable = (value: unknown): value is ImageBitmap | OffscreenCanvas | HTMLCanvasElement =>
  ['ImageBitmap', 'OffscreenCanvas', 'HTMLCanvasElement'].some((name) => isA(name, value));
