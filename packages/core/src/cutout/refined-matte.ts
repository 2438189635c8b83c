import type { FloatImage } from '../contracts';
import { trimapFromAlpha } from '../imaging/trimap-from-alpha';
import { refineMatteWork } from '../matting/refine-matte';
import { finishInSlices } from '../solvers/work';
import type { WorkingMatte } from './working-matte';

/** Pixels around a soft one that are fitted too, at 512: what the network is sure of stays where it is. */
const RING = 1;
const SIDE = 512;

/** The working matte with its soft pixels fitted to the colours of the photo. @param options.edgeWeight as of `refineMatteWork` */
export async function refinedMatte(
  { alpha, colors }: WorkingMatte,
  { edgeWeight, signal }: { edgeWeight?: number | undefined; signal?: AbortSignal | undefined },
): Promise<FloatImage> {
  const { width, height } = alpha;
  const ring = Math.max(1, Math.round((RING * Math.max(height, width)) / SIDE));
  const classes = trimapFromAlpha(alpha.data, width, height, ring, ring);
  const trimap = Float32Array.from(classes, (level) => level / 2);
  const refined = await finishInSlices(
    refineMatteWork(colors.data, alpha.data, trimap, width, height, {}, edgeWeight),
    { operation: 'Matte refinement', ...(signal && { signal }) },
  );
  return { ...alpha, data: Float32Array.from(refined.alpha) };
}
