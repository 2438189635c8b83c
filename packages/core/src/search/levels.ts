/** The 8-bit level that a value in [0, 1] is written as. */
export const levelOf = (value: number): number =>
  value <= 0 ? 0 : value >= 1 ? 255 : Math.floor(value * 255 + 0.5);
