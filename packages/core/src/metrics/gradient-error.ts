import type { MattePair } from './matte-pair';

// Gradient error (Rhemann et al., "A Perceptually Motivated Online Benchmark for Image Matting", CVPR 2009):
//
//   Grad = Σ_M (‖∇p‖ − ‖∇g‖)² / 1000,   ∇ = convolution with gauss(u)·gauss'(v) and its transpose
//
// σ = 1.4, half-size 4 = ⌈σ √(−2 ln(√(2π) σ 0.01))⌉, kernels divided by their L2 norm, borders replicated.
// The kernel is separable, and its norm is the product of the norms of its factors.

/** How the maps are scaled to [0, 1] before the gradient: by 255, or by their own range (MATLAB's mat2gray). */
export type GradientScale = 'full-range' | 'matlab';

const SIGMA = 1.4;
const HALF = 4;
const TAPS = 2 * HALF + 1;

function normalized(kernel: number[]): number[] {
  const norm = Math.hypot(...kernel);
  return kernel.map((value) => value / norm);
}

const offsets = Array.from({ length: TAPS }, (_, i) => i - HALF);
const gauss = normalized(offsets.map((u) => Math.exp((-u * u) / (2 * SIGMA * SIGMA))));
const gaussDerivative = normalized(offsets.map((u, i) => -u * gauss[i]!));

/** Gradient magnitudes of a map, row by row from top to bottom, holding nine rows at a time. */
class GradientRows {
  readonly #map: ArrayLike<number>;
  readonly #width: number;
  readonly #height: number;
  readonly #lookup: Float64Array;
  readonly #padded: Float64Array;
  // Rows after the horizontal pass: row y is at y % TAPS.
  readonly #smooth: Float64Array[];
  readonly #steep: Float64Array[];
  readonly #output: Float64Array;
  #next = 0;

  constructor(map: ArrayLike<number>, width: number, height: number, lookup: Float64Array) {
    this.#map = map;
    this.#width = width;
    this.#height = height;
    this.#lookup = lookup;
    this.#padded = new Float64Array(width + 2 * HALF);
    const rows = () => Array.from({ length: TAPS }, () => new Float64Array(width));
    this.#smooth = rows();
    this.#steep = rows();
    this.#output = new Float64Array(width);
  }

  #filterRow(y: number): void {
    const width = this.#width;
    const padded = this.#padded;
    for (let x = 0; x < width; x++) {
      padded[x + HALF] = this.#lookup[this.#map[y * width + x]!]!;
    }
    padded.fill(padded[HALF]!, 0, HALF);
    padded.fill(padded[width + HALF - 1]!, width + HALF);
    const smooth = this.#smooth[y % TAPS]!;
    const steep = this.#steep[y % TAPS]!;
    // The Gaussian is even and its derivative odd: taps are taken in pairs.
    const [g4, g3, g2, g1, g0] = gauss as [number, number, number, number, number];
    const [d4, d3, d2, d1] = gaussDerivative as [number, number, number, number];
    for (let x = 0; x < width; x++) {
      const a = padded[x]!;
      const b = padded[x + 1]!;
      const c = padded[x + 2]!;
      const d = padded[x + 3]!;
      const e = padded[x + 5]!;
      const f = padded[x + 6]!;
      const g = padded[x + 7]!;
      const h = padded[x + 8]!;
      smooth[x] = g0 * padded[x + 4]! + g1 * (d + e) + g2 * (c + f) + g3 * (b + g) + g4 * (a + h);
      steep[x] = d1 * (d - e) + d2 * (c - f) + d3 * (b - g) + d4 * (a - h);
    }
  }

  /** Magnitudes of row `y`, valid until the next call; `y` must not decrease between calls. */
  row(y: number): Float64Array {
    const last = Math.min(y + HALF, this.#height - 1);
    for (let source = Math.max(this.#next, y - HALF); source <= last; source++) {
      this.#filterRow(source);
    }
    this.#next = last + 1;
    const at = (rows: Float64Array[]) =>
      offsets.map((u) => rows[Math.min(Math.max(y + u, 0), this.#height - 1) % TAPS]!);
    type Nine = [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const [s0, s1, s2, s3, , s5, s6, s7, s8] = at(this.#smooth) as Nine;
    const [t0, t1, t2, t3, t4, t5, t6, t7, t8] = at(this.#steep) as Nine;
    const [g4, g3, g2, g1, g0] = gauss as [number, number, number, number, number];
    const [d4, d3, d2, d1] = gaussDerivative as [number, number, number, number];
    const output = this.#output;
    for (let x = 0; x < output.length; x++) {
      const across =
        g0 * t4[x]! +
        g1 * (t3[x]! + t5[x]!) +
        g2 * (t2[x]! + t6[x]!) +
        g3 * (t1[x]! + t7[x]!) +
        g4 * (t0[x]! + t8[x]!);
      const down =
        d1 * (s3[x]! - s5[x]!) +
        d2 * (s2[x]! - s6[x]!) +
        d3 * (s1[x]! - s7[x]!) +
        d4 * (s0[x]! - s8[x]!);
      output[x] = Math.sqrt(across * across + down * down);
    }
    return output;
  }
}

/** Grey value → value in [0, 1] for a map. */
function scaleTable(map: ArrayLike<number>, scale: GradientScale): Float64Array {
  let low = 0;
  let high = 255;
  if (scale === 'matlab') {
    low = 255;
    high = 0;
    for (let i = 0; i < map.length; i++) {
      const value = map[i]!;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    // A constant map has no gradient at any scale.
    if (low === high) return new Float64Array(256);
  }
  return Float64Array.from({ length: 256 }, (_, value) => (value - low) / (high - low));
}

/** Gradient magnitude `[height * width]` of an 8-bit map: what `gradientError` compares. */
export function gradientMagnitude(
  map: ArrayLike<number>,
  width: number,
  height: number,
  scale: GradientScale = 'full-range',
): Float64Array {
  const rows = new GradientRows(map, width, height, scaleTable(map, scale));
  const magnitude = new Float64Array(width * height);
  for (let y = 0; y < height; y++) magnitude.set(rows.row(y), y * width);
  return magnitude;
}

/** Gradient error in thousands: see the top of this file. */
export function gradientError(pair: MattePair, scale: GradientScale = 'full-range'): number {
  const { width, height, region } = pair;
  const [predicted, truth] = [pair.predicted, pair.truth].map(
    (map) => new GradientRows(map, width, height, scaleTable(map, scale)),
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
  return sum / 1000;
}
