import type { FloatImage } from '../contracts';
import { NoPersonError } from '../errors';

/** Below this share of the picture there is next to nothing to cut out. */
const MIN_AREA = 0.002;
/** A result below it carries a warning. */
export const SURE = 0.5;

/** @throws NoPersonError next to nothing of the picture is foreground */
export function assertSomething(alpha: FloatImage, modelName: string): void {
  const area = meanOf(alpha.data);
  if (area >= MIN_AREA) return;
  throw new NoPersonError(
    `The matting model "${modelName}" sees no person: ${(area * 100).toFixed(2)} % of the picture is foreground.`,
    'Use a portrait in which a person fills a good part of the frame, or another model.',
  );
}

/**
 * How sure it is that a matte holds a person, in [0, 1], by its own evidence.
 *
 * @param alpha one channel, at the size at which the network looked
 */
export function confidenceOf(alpha: FloatImage): number {
  const { data } = alpha;
  let undecided = 0;
  for (const value of data) undecided += value > 0.05 && value < 0.95 ? 1 : 0;
  const area = meanOf(data);
  return area === 0 ? 0 : Math.max(0, 1 - undecided / data.length / area);
}

function meanOf(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
