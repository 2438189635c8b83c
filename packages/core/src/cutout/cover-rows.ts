import type { FloatImage } from '../contracts';
import { cropImage } from '../imaging/crop-image';
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
  const [cropHeight, cropWidth] = [kept(image.height, height), kept(image.width, width)];
  const crop = cropImage(image, {
    top: Math.floor((image.height - cropHeight) / 2),
    left: Math.floor((image.width - cropWidth) / 2),
    height: cropHeight,
    width: cropWidth,
  });
  return resampledRows(crop, [height, width], 'area');
}
