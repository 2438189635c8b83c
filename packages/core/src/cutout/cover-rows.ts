import type { FloatImage } from '../contracts';
import { resampledRows } from '../imaging/resampled-rows';

/**
 * A picture scaled with its aspect ratio kept until it covers a frame, and cropped around its middle, row by row.
 *
 * @param size of the frame, `[height, width]`
 * @returns rows of `width · channels` values, in arrays that the next row may overwrite
 */
export function coverRows(
  image: FloatImage,
  [height, width]: readonly [height: number, width: number],
): Generator<Float32Array, void, void> {
  const scale = Math.max(height / image.height, width / image.width);
  const kept = (side: number, frame: number): number =>
    Math.min(side, Math.max(1, Math.round(frame / scale)));
  const crop = cropped(image, kept(image.height, height), kept(image.width, width));
  return resampledRows(crop, [height, width], 'area');
}

function cropped(image: FloatImage, height: number, width: number): FloatImage {
  if (image.height === height && image.width === width) return image;
  const { channels } = image;
  const top = Math.floor((image.height - height) / 2);
  const left = Math.floor((image.width - width) / 2);
  const data = new Float32Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * channels;
    data.set(image.data.subarray(from, from + width * channels), y * width * channels);
  }
  return { width, height, channels, data };
}
