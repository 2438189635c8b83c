/** From so many steps on it pays to have the networks compiled, where the backend can: a second, for an eighth of one a step. */
const LEAST_STEPS = 10;

export const isLong = ({ steps }: { readonly steps: number }): boolean => steps >= LEAST_STEPS;
