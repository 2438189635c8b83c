/**
 * How samples are weighted. `bilinear`, `bicubic` (a = −0.75) and `nearest` as PyTorch's `interpolate`, without a
 * low-pass when shrinking. `lanczos4` as OpenCV's `INTER_LANCZOS4`, likewise. `area` averages the source
 * footprint, with fractional borders, where an axis shrinks, and is bilinear where it grows; PyTorch's `area` is
 * `adaptiveAveragePool`.
 */
export type ResizeMethod = 'bilinear' | 'area' | 'nearest' | 'bicubic' | 'lanczos4';

/**
 * Row-major `[to, from]`; each row sums to 1.
 *
 * ```ts
 * import { resizeMatrix } from '@latent-matte/core/ops';
 *
 * console.log(resizeMatrix(2, 4, 'bilinear')); // [1, 0, 0.75, 0.25, 0.25, 0.75, 0, 1]
 * ```
 */
export function resizeMatrix(
  from: number,
  to: number,
  method: ResizeMethod,
  alignCorners = false,
): Float32Array {
  const matrix = new Float32Array(to * from);
  const scale = from / to;
  const add = (i: number, j: number, weight: number): void => {
    matrix[i * from + Math.min(from - 1, Math.max(0, j))] += weight;
  };
  for (let i = 0; i < to; i++) {
    const corner = to > 1 ? (i * (from - 1)) / (to - 1) : 0;
    const center = alignCorners ? corner : (i + 0.5) * scale - 0.5;
    if (method === 'nearest') {
      // In float32, as PyTorch: the rounding decides which sample a whole ratio hits.
      add(i, Math.floor(Math.fround(i * Math.fround(scale))), 1);
    } else if (method === 'area' && scale > 1) {
      const start = i * scale;
      const end = (i + 1) * scale;
      for (let j = Math.floor(start); j < Math.min(from, Math.ceil(end)); j++) {
        add(i, j, (Math.min(end, j + 1) - Math.max(start, j)) / scale);
      }
    } else if (method === 'bicubic') {
      const low = Math.floor(center);
      for (let j = low - 1; j <= low + 2; j++) add(i, j, cubic(Math.abs(center - j)));
    } else if (method === 'lanczos4') {
      const low = Math.floor(center);
      const taps = Array.from({ length: 8 }, (_, k) => low - 3 + k);
      const weights = taps.map((j) => lanczos(center - j));
      const sum = weights.reduce((a, b) => a + b);
      taps.forEach((j, k) => {
        add(i, j, weights[k] / sum);
      });
    } else {
      const inside = Math.max(0, center);
      const low = Math.floor(inside);
      add(i, low, 1 - (inside - low));
      add(i, low + 1, inside - low);
    }
  }
  return matrix;
}

/** Keys' cubic with a = −0.75 at distance t < 2. */
function cubic(t: number): number {
  const a = -0.75;
  if (t <= 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0;
}

/** sinc(t) sinc(t/4) at |t| ≤ 4. */
function lanczos(t: number): number {
  if (t === 0) return 1;
  const angle = Math.PI * t;
  return (4 * Math.sin(angle) * Math.sin(angle / 4)) / (angle * angle);
}

/** Row-major `[to, from]`: PyTorch's adaptive average, windows ⌊i·from/to⌋ … ⌈(i + 1)·from/to⌉. */
export function adaptiveAverageMatrix(from: number, to: number): Float32Array {
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const start = Math.floor((i * from) / to);
    const end = Math.ceil(((i + 1) * from) / to);
    matrix.fill(1 / (end - start), i * from + start, i * from + end);
  }
  return matrix;
}
