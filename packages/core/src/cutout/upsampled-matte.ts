import type { FloatImage } from '../contracts';
import { resizeImage } from '../imaging/resampled-rows';
import type { WorkingMatte } from './working-matte';

/** The working matte at the size of the photo. @param photo RGB */
export function upsampledMatte({ alpha }: WorkingMatte, photo: FloatImage): FloatImage {
  return resizeImage(alpha, [photo.height, photo.width], 'area');
}
