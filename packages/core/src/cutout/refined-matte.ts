import type { FloatImage } from '../contracts';
import { trimapFromAlpha } from '../imaging/trimap-from-alpha';
import { refineMatteWork } from '../matting/refine-matte';
import { finishInSlices } from '../solvers/work';
import type { WorkingMatte } from './working-matte';

/** The rule by which the trimaps of training and test data are made, pixels at 512. */
const GROWN = { outward: 9, inward: 4, side: 512 };

/** The working matte fitted to the colours around its edges: `refineMatte` with a trimap of its own. */
export async function refinedMatte(
  { alpha, colors }: WorkingMatte,
  signal: AbortSignal | undefined,
): Promise<FloatImage> {
  const { width, height } = alpha;
  const scale = Math.max(height, width) / GROWN.side;
  const radius = (pixels: number) => Math.max(1, Math.round(pixels * scale));
  const { outward, inward } = GROWN;
  const classes = trimapFromAlpha(alpha.data, width, height, radius(outward), radius(inward));
  const trimap = Float32Array.from(classes, (level) => level / 2);
  const refined = await finishInSlices(
    refineMatteWork(colors.data, alpha.data, trimap, width, height),
    { operation: 'Matte refinement', ...(signal && { signal }) },
  );
  return { ...alpha, data: Float32Array.from(refined.alpha) };
}
