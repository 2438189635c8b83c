import type { FloatImage } from '../contracts';
import { resampledRows } from '../imaging/resampled-rows';
import { guidedCoefficients } from './guided-coefficients';
import type { WorkingMatte } from './working-matte';

/** Radius of the windows and ε of the guided filter, at the size of the working matte. */
const RADIUS = 1;
const EPSILON = 1e-4;
/** Differences from nought and one that 8 bits do not show. */
const INVISIBLE = 0.5 / 255;

/**
 * The working matte at the size of the photo. Where the matte has an edge it follows the colours of the photo, by a
 * guided filter fitted at the working size; where it has none it is exactly 0 or 1, or as the network said.
 *
 * @param photo RGB
 */
export function upsampledMatte(
  { alpha, colors }: WorkingMatte,
  photo: FloatImage,
  { radius = RADIUS, epsilon = EPSILON, guided = true } = {},
): FloatImage {
  const { width, height } = photo;
  const size = [height, width] as const;
  const data = new Float32Array(width * height);
  const plain = resampledRows(alpha, size, 'area');
  if (!guided || (width <= alpha.width && height <= alpha.height)) {
    let at = 0;
    for (const row of plain) for (const value of row) data[at++] = snapped(value);
    return { width, height, channels: 1, data };
  }
  const { data: coefficients } = guidedCoefficients(colors, alpha, radius, epsilon);
  const models = resampledRows({ ...alpha, channels: 4, data: coefficients }, size, 'area');
  let p = 0;
  for (const row of plain) {
    const model = models.next().value as Float32Array;
    for (let x = 0; x < width; x++, p++) {
      const a = row[x];
      data[p] =
        a < INVISIBLE || a > 1 - INVISIBLE
          ? snapped(a)
          : snapped(
              model[x * 4] * photo.data[p * 3] +
                model[x * 4 + 1] * photo.data[p * 3 + 1] +
                model[x * 4 + 2] * photo.data[p * 3 + 2] +
                model[x * 4 + 3],
            );
    }
  }
  return { width, height, channels: 1, data };
}

/** Exactly 0 or 1 where no eye can tell. */
const snapped = (value: number): number =>
  value < INVISIBLE ? 0 : value > 1 - INVISIBLE ? 1 : value;
