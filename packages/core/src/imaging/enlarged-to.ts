import type { Picture } from './picture-rows';
import { resizeImage } from './resampled-rows';

/** A picture whose longest side is at least `longest` pixels: as it is, or enlarged (bicubic, which may overshoot). */
export function enlargedTo(longest: number, picture: Picture): Picture {
  const { height, width } = picture;
  const scale = longest / Math.max(height, width);
  if (scale <= 1) return picture;
  const size = (side: number) => Math.max(1, Math.round(side * scale));
  return resizeImage(picture, [size(height), size(width)], 'bicubic');
}
