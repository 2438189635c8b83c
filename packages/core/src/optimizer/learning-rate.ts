/** Settings of {@link warmUpCosine}. */
export interface WarmUpCosineOptions {
  /** Updates in all, ≥ 1. */
  readonly steps: number;
  /** The largest step size, reached after the warm-up. */
  readonly learningRate: number;
  /** Updates over which it rises linearly. 0: none. */
  readonly warmUpSteps: number;
  /** Where it ends, as a share of `learningRate`, in [0, 1]. */
  readonly floor: number;
}

/**
 * Step size of update `step` (0 = the first): a linear rise, then half a cosine down to the floor f.
 *
 *     lr · (step + 1) / warmUp                          while step < warmUp
 *     lr · (f + (1 − f) · (1 + cos(π t)) / 2)           then, t from 0 to 1
 *
 * ```ts
 * import { warmUpCosine } from '@latent-matte/core/ops';
 *
 * const schedule = { steps: 100, learningRate: 0.01, warmUpSteps: 10, floor: 0.1 };
 * console.log(warmUpCosine(0, schedule)); // 0.001, a tenth of the way up
 * console.log(warmUpCosine(10, schedule)); // 0.01
 * console.log(warmUpCosine(55, schedule)); // 0.0055, half of the way down
 * ```
 */
export function warmUpCosine(
  step: number,
  { steps, learningRate, warmUpSteps, floor }: WarmUpCosineOptions,
): number {
  if (step < warmUpSteps) return (learningRate * (step + 1)) / warmUpSteps;
  const progress = (step - warmUpSteps) / Math.max(1, steps - warmUpSteps);
  return learningRate * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * progress)));
}
