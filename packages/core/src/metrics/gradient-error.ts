import { benchmarkKernel, type GradientKernel } from './gradient-kernel';
import { greyLevels } from './grey-levels';
import type { MattePair } from './matte-pair';

// Gradient error (Rhemann et al., "A Perceptually Motivated Online Benchmark for Image Matting", CVPR 2009):
//
//   Grad = Σ_M (‖∇p‖ − ‖∇g‖)² / 1000,   ∇ = convolution with gauss(u)·gauss'(v) and its transpose

/** How the maps are scaled to [0, 1] before the gradient: by 255, or by their own range (MATLAB's mat2gray). */
export type GradientScale = 'full-range' | 'matlab';

const greyScales = { 'full-range': 'full-range', matlab: 'stretched' } as const;

export interface GradientErrorOptions {
  /** Default `'full-range'`. */
  readonly scale?: GradientScale;
  /** Default: that of the benchmark. */
  readonly kernel?: GradientKernel;
  /** Default 1000. */
  readonly divisor?: number;
}

/** Gradient magnitudes of a map, row by row from top to bottom, holding as many rows as the kernel has taps. */
class GradientRows {
  readonly #map: ArrayLike<number>;
  readonly #width: number;
  readonly #height: number;
  readonly #levels: Float64Array;
  readonly #kernel: GradientKernel;
  readonly #padded: Float64Array;
  // Rows after the horizontal pass: row y is at y % taps.
  readonly #smooth: Float64Array[];
  readonly #steep: Float64Array[];
  readonly #across: Float64Array;
  readonly #down: Float64Array;
  #next = 0;

  constructor(
    map: ArrayLike<number>,
    width: number,
    height: number,
    scale: GradientScale,
    kernel: GradientKernel,
  ) {
    this.#map = map;
    this.#width = width;
    this.#height = height;
    this.#levels = greyLevels(map, greyScales[scale]);
    this.#kernel = kernel;
    this.#padded = new Float64Array(width + 2 * kernel.half);
    const rows = () => Array.from({ length: 2 * kernel.half + 1 }, () => new Float64Array(width));
    this.#smooth = rows();
    this.#steep = rows();
    this.#across = new Float64Array(width);
    this.#down = new Float64Array(width);
  }

  #filterRow(y: number): void {
    const width = this.#width;
    const padded = this.#padded;
    const { half, gauss, derivative, inside } = this.#kernel;
    const start = y * width;
    for (let x = 0; x < width; x++) padded[x + half] = this.#levels[this.#map[start + x]!]!;
    for (let u = 1; u <= half; u++) {
      padded[half - u] = padded[half + inside(-u, width)]!;
      padded[width + half + u - 1] = padded[half + inside(width + u - 1, width)]!;
    }
    const at = y % this.#smooth.length;
    const smooth = this.#smooth[at]!;
    const steep = this.#steep[at]!;
    const middle = gauss[0]!;
    for (let x = 0; x < width; x++) smooth[x] = middle * padded[x + half]!;
    steep.fill(0);
    // The Gaussian is even and its derivative odd: taps are taken in pairs.
    for (let u = 1; u <= half; u++) {
      const [g, d] = [gauss[u]!, derivative[u]!];
      for (let x = 0; x < width; x++) {
        const left = padded[x + half - u]!;
        const right = padded[x + half + u]!;
        smooth[x]! += g * (left + right);
        steep[x]! += d * (left - right);
      }
    }
  }

  /** Magnitudes of row `y`, valid until the next call; `y` must not decrease between calls. */
  row(y: number): Float64Array {
    const { half, gauss, derivative, inside } = this.#kernel;
    const last = Math.min(y + half, this.#height - 1);
    for (let source = Math.max(this.#next, y - half); source <= last; source++) {
      this.#filterRow(source);
    }
    this.#next = Math.max(this.#next, last + 1);
    const at = (rows: Float64Array[], u: number) =>
      rows[inside(y + u, this.#height) % rows.length]!;
    const width = this.#width;
    const [across, down] = [this.#across, this.#down];
    const middle = at(this.#steep, 0);
    for (let x = 0; x < width; x++) across[x] = gauss[0]! * middle[x]!;
    down.fill(0);
    for (let u = 1; u <= half; u++) {
      const [g, d] = [gauss[u]!, derivative[u]!];
      const [above, below] = [at(this.#steep, -u), at(this.#steep, u)];
      const [before, after] = [at(this.#smooth, -u), at(this.#smooth, u)];
      for (let x = 0; x < width; x++) {
        across[x]! += g * (above[x]! + below[x]!);
        down[x]! += d * (before[x]! - after[x]!);
      }
    }
    for (let x = 0; x < width; x++) {
      across[x] = Math.sqrt(across[x]! * across[x]! + down[x]! * down[x]!);
    }
    return across;
  }
}

/**
 * Gradient magnitude `[height * width]` of an 8-bit map: what `gradientError` compares.
 *
 * ```ts
 * import { gradientMagnitude } from '@latent-matte/core/evaluate';
 *
 * const { data, width, height } = alpha;
 * const edges = gradientMagnitude(data, width, height);
 * ```
 */
export function gradientMagnitude(
  map: ArrayLike<number>,
  width: number,
  height: number,
  scale: GradientScale = 'full-range',
  kernel: GradientKernel = benchmarkKernel,
): Float64Array {
  const rows = new GradientRows(map, width, height, scale, kernel);
  const magnitude = new Float64Array(width * height);
  for (let y = 0; y < height; y++) magnitude.set(rows.row(y), y * width);
  return magnitude;
}

/** Gradient error, in thousands unless told otherwise: see the top of this file. */
export function gradientError(
  pair: MattePair,
  { scale = 'full-range', kernel = benchmarkKernel, divisor = 1000 }: GradientErrorOptions = {},
): number {
  const { width, height, region } = pair;
  const [predicted, truth] = [pair.predicted, pair.truth].map(
    (map) => new GradientRows(map, width, height, scale, kernel),
  ) as [GradientRows, GradientRows];
  // MATLAB keeps the magnitudes in single precision.
  const round = scale === 'matlab' ? Math.fround : (value: number) => value;
  let sum = 0;
  for (let y = 0; y < height; y++) {
    const start = y * width;
    if (region !== undefined && !region.subarray(start, start + width).includes(1)) continue;
    const p = predicted.row(y);
    const g = truth.row(y);
    for (let x = 0; x < width; x++) {
      if (region === undefined || region[start + x] !== 0) {
        const difference = round(p[x]!) - round(g[x]!);
        sum += difference * difference;
      }
    }
  }
  return sum / divisor;
}
