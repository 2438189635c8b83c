import type { FloatImage } from '../contracts';
import { trimapLevelsOf } from '../imaging/trimap-from-alpha';
import { refineMatteWork } from '../matting/refine-matte';
import { finishInSlices } from '../solvers/work';
import type { WorkingMatte } from './working-matte';

/** Pixels around a soft one that are fitted too, at 512: what the network is sure of stays where it is. */
const RING = { outward: 1, inward: 1 };

/**
 * The working matte with its soft pixels fitted to the colours of the photo.
 *
 * @param options.edgeWeight as of `refineMatteWork`
 */
export async function refinedMatte(
  { alpha, colors }: WorkingMatte,
  { edgeWeight, signal }: { edgeWeight?: number | undefined; signal?: AbortSignal | undefined },
): Promise<FloatImage> {
  const { width, height } = alpha;
  const trimap = trimapLevelsOf(alpha, RING).data;
  const refined = await finishInSlices(
    refineMatteWork(colors.data, alpha.data, trimap, width, height, {}, edgeWeight),
    { operation: 'Matte refinement', ...(signal && { signal }) },
  );
  return { ...alpha, data: Float32Array.from(refined.alpha) };
}
