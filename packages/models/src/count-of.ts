/** How many values a tensor of this shape has; also of some of its sides. */
export const countOf = (shape: readonly number[]): number =>
  shape.reduce((product, side) => product * side, 1);
