import { greyLevels } from './grey-levels';
import type { MattePair } from './matte-pair';

/** How far a predicted grey level is from the true one, in grey levels. */
export type Difference = (predicted: number, truth: number) => number;

export const plainDifference: Difference = (predicted, truth) => predicted - truth;

/** What bytes do in C and NumPy: one level too low is 255 too high. */
export const wrappedDifference: Difference = (predicted, truth) => (predicted - truth) & 255;

/** Of mattes stretched to their own range, each by itself. */
export function stretchedDifference({ predicted, truth }: MattePair): Difference {
  const p = greyLevels(predicted, 'stretched');
  const g = greyLevels(truth, 'stretched');
  return (predictedLevel, truthLevel) => 255 * (p[predictedLevel]! - g[truthLevel]!);
}
