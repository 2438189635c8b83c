import type { RasterImage } from '../contracts';
import { elementArrays, elementKind } from './element-kind';

/** A rectangle of whole pixels inside a picture. */
export interface Region {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** A copy of a part of a picture, of its depth; the picture itself when that is all of it. */
export function cropImage<Image extends RasterImage>(
  image: Image,
  { top, left, height, width }: Region,
): Image {
  if (image.height === height && image.width === width) return image;
  const { channels } = image;
  const data = new elementArrays[elementKind(image.data)!](width * height * channels);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * channels;
    data.set(image.data.subarray(from, from + width * channels), y * width * channels);
  }
  return { ...image, width, height, data };
}
