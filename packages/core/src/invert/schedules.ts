/**
 * Schedules of NVlabs' projector over t = step / steps, in [0, 1).
 */

/** Share of the steps over which the step size falls to 0. */
const RAMP_DOWN = 0.25;
/** Share of the steps over which it rises. */
const RAMP_UP = 0.05;
/** Share of the steps with exploration noise. */
const NOISE_RAMP = 0.75;
/** Strength of the exploration noise, in standard deviations of w. */
const NOISE_FACTOR = 0.05;

/** Factor of the step size: (½ − ½ cos(π min(1, (1 − t) / 0.25))) · min(1, t / 0.05). */
export function learningRateRamp(t: number): number {
  const down = 0.5 - 0.5 * Math.cos(Math.PI * Math.min(1, (1 - t) / RAMP_DOWN));
  return down * Math.min(1, t / RAMP_UP);
}

/** Standard deviation of the noise added to w: σ_w · 0.05 · max(0, 1 − t / 0.75)². */
export function explorationNoise(t: number, deviation: number): number {
  return deviation * NOISE_FACTOR * Math.max(0, 1 - t / NOISE_RAMP) ** 2;
}
