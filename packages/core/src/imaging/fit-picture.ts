import type * as tf from '@tensorflow/tfjs-core';
import type { RasterImage } from '../contracts';
import { fullScale } from './full-scale';
import { frameTensor } from './image-letterbox';
import { fitLetterbox, type Letterbox } from './letterbox';
import type { Picture } from './picture-rows';
import { toFloatImage } from './raster';
import { resizeLikePillow } from './resize-like-pillow';

/** How a picture comes into a frame of another shape, see `advanced.fit`. */
export type Fit = 'letterbox' | 'stretch-nearest';

type Size = readonly [height: number, width: number];

/** Where a picture lies in a frame; a stretched one covers it. */
export function fitBox(fit: Fit, source: Size, frame: Size): Letterbox {
  if (fit === 'letterbox') return fitLetterbox(source, frame);
  return { source, frame, content: frame, top: 0, left: 0 };
}

/** The photograph in its frame, `[1, H, W, C]`: averaged over areas, or its nearest pixels. */
export function fittedPhoto(fit: Fit, image: Picture, box: Letterbox): tf.Tensor4D {
  return frameTensor(image, box, fit === 'letterbox' ? 'area' : 'nearest');
}

/**
 * A picture that the authors load as a file, stretched over a frame as Pillow does: it becomes bytes first. One of the
 * size of the frame stays as it is.
 *
 * @returns `[1, H, W, C]`
 */
export function stretchedLikePillow(
  image: RasterImage,
  frame: Size,
  method: 'bilinear' | 'bicubic',
): tf.Tensor4D {
  const fits = image.height === frame[0] && image.width === frame[1];
  const resized = fits ? image : resizeLikePillow(toBytes(image), frame, method);
  return frameTensor(toFloatImage(resized), fitBox('stretch-nearest', frame, frame));
}

/** Rounded to 8 bits. */
export function toBytes(image: RasterImage): RasterImage & { readonly data: Uint8Array } {
  const { data } = image;
  if (fullScale(image) === 255) return { ...image, data: Uint8Array.from(data) };
  const values = toFloatImage(image).data;
  const bytes = new Uint8Array(
    values.map((value) => Math.round(Math.min(1, Math.max(0, value)) * 255)),
  );
  return { ...image, data: bytes };
}
