import { type Difference, plainDifference } from './difference';
import type { MattePair } from './matte-pair';

/** Mean squared error, `Σ_M ((p − g) / 255)² / |M|`, in [0, 1]. Papers often print it × 10³. */
export function meanSquaredError(
  { predicted, truth, region, pixels }: MattePair,
  difference: Difference = plainDifference,
): number {
  // Sums of integers below 2⁵³ are exact.
  let sum = 0;
  for (let i = 0; i < truth.length; i++) {
    if (region === undefined || region[i] !== 0) {
      const distance = difference(predicted[i]!, truth[i]!);
      sum += distance * distance;
    }
  }
  return sum / (255 * 255) / pixels;
}
