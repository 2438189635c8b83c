import type { FloatImage } from '../contracts';

/** α ≈ a · I + b around each pixel: interleaved `[a_r, a_g, a_b, b]`, `width * height * 4` values. */
export interface GuidedCoefficients {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/**
 * The linear model of a guided filter with colour guidance (He, Sun, Tang, "Guided Image Filtering", PAMI 2013; on a
 * reduced picture: He, Sun, "Fast Guided Filter", 2015). In the window ω of each pixel, of side 2 · radius + 1,
 *
 *     a = (Σ + εU)⁻¹ (E[Iα] − E[I]E[α]),   b = E[α] − a · E[I],
 *
 * and then the mean of a and b over the windows that hold the pixel.
 *
 * @param colors RGB in [0, 1]. @param alpha one channel, the same size
 */
export function guidedCoefficients(
  colors: FloatImage,
  alpha: FloatImage,
  radius: number,
  epsilon: number,
): GuidedCoefficients {
  const { width, height } = alpha;
  const pixels = width * height;
  // E[r], E[g], E[b], E[α], E[rr] … of each pixel.
  const moments = new Float32Array(pixels * MOMENTS);
  for (let p = 0; p < pixels; p++) {
    const r = colors.data[p * 3];
    const g = colors.data[p * 3 + 1];
    const b = colors.data[p * 3 + 2];
    const a = alpha.data[p];
    const at = p * MOMENTS;
    moments[at] = r;
    moments[at + 1] = g;
    moments[at + 2] = b;
    moments[at + 3] = a;
    moments[at + 4] = r * r;
    moments[at + 5] = r * g;
    moments[at + 6] = r * b;
    moments[at + 7] = g * g;
    moments[at + 8] = g * b;
    moments[at + 9] = b * b;
    moments[at + 10] = r * a;
    moments[at + 11] = g * a;
    moments[at + 12] = b * a;
  }
  const means = boxMeans(moments, width, height, MOMENTS, radius);
  const coefficients = new Float32Array(pixels * 4);
  for (let p = 0; p < pixels; p++) solveWindow(means, p * MOMENTS, epsilon, coefficients, p * 4);
  return { width, height, data: boxMeans(coefficients, width, height, 4, radius) };
}

const MOMENTS = 13;

/** a and b of one window, by Cramer's rule. */
function solveWindow(
  m: Float32Array,
  at: number,
  epsilon: number,
  into: Float32Array,
  to: number,
): void {
  const r = m[at];
  const g = m[at + 1];
  const b = m[at + 2];
  const alpha = m[at + 3];
  const rr = m[at + 4] - r * r + epsilon;
  const rg = m[at + 5] - r * g;
  const rb = m[at + 6] - r * b;
  const gg = m[at + 7] - g * g + epsilon;
  const gb = m[at + 8] - g * b;
  const bb = m[at + 9] - b * b + epsilon;
  const ra = m[at + 10] - r * alpha;
  const ga = m[at + 11] - g * alpha;
  const ba = m[at + 12] - b * alpha;
  const c00 = gg * bb - gb * gb;
  const c01 = gb * rb - rg * bb;
  const c02 = rg * gb - gg * rb;
  const c11 = rr * bb - rb * rb;
  const c12 = rg * rb - rr * gb;
  const c22 = rr * gg - rg * rg;
  const determinant = rr * c00 + rg * c01 + rb * c02;
  const x = (c00 * ra + c01 * ga + c02 * ba) / determinant;
  const y = (c01 * ra + c11 * ga + c12 * ba) / determinant;
  const z = (c02 * ra + c12 * ga + c22 * ba) / determinant;
  into[to] = x;
  into[to + 1] = y;
  into[to + 2] = z;
  into[to + 3] = alpha - x * r - y * g - z * b;
}

/** Means over squares of side 2 · radius + 1, which end at the border of the picture. */
function boxMeans(
  values: Float32Array,
  width: number,
  height: number,
  channels: number,
  radius: number,
): Float32Array {
  const across = boxAlong(values, height, width, channels, radius);
  return boxAlong(across, 1, height, width * channels, radius);
}

/** Means along the middle axis of `[outer, length, inner]`; the memory is read in its order. */
function boxAlong(
  values: Float32Array,
  outer: number,
  length: number,
  inner: number,
  radius: number,
): Float32Array {
  const result = new Float32Array(values.length);
  for (let o = 0; o < outer; o++) {
    const start = o * length * inner;
    for (let i = 0; i < length; i++) {
      const from = Math.max(0, i - radius);
      const count = Math.min(length - 1, i + radius) - from + 1;
      const first = start + from * inner;
      const end = first + count * inner;
      const to = start + i * inner;
      for (let j = 0; j < inner; j++) {
        let sum = 0;
        for (let at = first + j; at < end; at += inner) sum += values[at];
        result[to + j] = sum / count;
      }
    }
  }
  return result;
}
