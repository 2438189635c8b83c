import { type Difference, plainDifference } from './difference';
import type { MattePair } from './matte-pair';

/** Sum of absolute differences in thousands, `Σ_M |p − g| / 255 / 1000`. */
export function sumOfAbsoluteDifferences(
  { predicted, truth, region }: MattePair,
  difference: Difference = plainDifference,
): number {
  let sum = 0;
  for (let i = 0; i < truth.length; i++) {
    if (region === undefined || region[i] !== 0) {
      sum += Math.abs(difference(predicted[i]!, truth[i]!));
    }
  }
  return sum / 255 / 1000;
}
