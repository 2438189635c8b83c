/** The two factors of a separable derivative of a Gaussian with σ = 1.4, and what lies beyond the border. */
export interface GradientKernel {
  /** Taps on either side of the middle one. */
  readonly half: number;
  /** The Gaussian, which is even, at 0 … half. */
  readonly gauss: readonly number[];
  /** Its derivative, which is odd, at 0 … −half. */
  readonly derivative: readonly number[];
  /** The sample that stands for one outside. */
  readonly inside: (index: number, length: number) => number;
}

const SIGMA = 1.4;

const exponential = (half: number): number[] =>
  Array.from({ length: half + 1 }, (_, u) => Math.exp((-u * u) / (2 * SIGMA * SIGMA)));

/** Both sides of an even or odd function of which one is given. */
const bothSides = (side: readonly number[]): number[] => [...side.slice(1), ...side];

/**
 * Of the benchmark (Rhemann et al. 2009) and of MATLAB's code: half-size 4 = ⌈σ √(−2 ln(√(2π) σ 0.01))⌉, each factor
 * divided by its L2 norm, borders replicated. The norm of the kernel is the product of those of its factors.
 */
export const benchmarkKernel: GradientKernel = (() => {
  const normalized = (side: number[]) => {
    const norm = Math.hypot(...bothSides(side));
    return side.map((value) => value / norm);
  };
  const gauss = normalized(exponential(4));
  return {
    half: 4,
    gauss,
    derivative: normalized(gauss.map((value, u) => u * value)),
    inside: (index, length) => Math.min(Math.max(index, 0), length - 1),
  };
})();

/**
 * Of SciPy's `gaussian_filter` with orders (1, 0) and (0, 1): half-size 6 = ⌊4 σ + ½⌋, a Gaussian of sum 1 and its
 * derivative −x/σ² · gauss, borders reflected (d c b a | a b c d).
 */
export const scipyKernel: GradientKernel = (() => {
  const side = exponential(6);
  const sum = bothSides(side).reduce((a, b) => a + b, 0);
  const gauss = side.map((value) => value / sum);
  return {
    half: 6,
    gauss,
    derivative: gauss.map((value, u) => (u / (SIGMA * SIGMA)) * value),
    inside: (index, length) => {
      const position = ((index % (2 * length)) + 2 * length) % (2 * length);
      return Math.min(position, 2 * length - 1 - position);
    },
  };
})();
