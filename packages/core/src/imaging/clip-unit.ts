/** A value into [0, 1]; NaN stays. */
export const clipUnit = (value: number): number => Math.min(1, Math.max(0, value));
