/**
 * Multi-level foreground estimation (Germer, Uelwer, Conrad, Harmeling, "Fast Multi-Level Foreground
 * Estimation", ICPR 2020), in the in-place order of the published CPU implementation.
 *
 * At each level of an image pyramid every pixel solves, for F and B together,
 *
 *     [ α² + Σg      α(1−α)     ] [F]   [ αI     + Σ g_n F_n ]
 *     [ α(1−α)    (1−α)² + Σg   ] [B] = [ (1−α)I + Σ g_n B_n ],   g_n = ε + |α − α_n|,
 *
 * over its 4 neighbours n (clamped at the border). The matrix is shared by the three colours. Updates happen
 * in place (Gauss–Seidel), which is what makes two sweeps per level enough.
 */
export interface MultiLevelOptions {
  /** ε, weight of the smoothness where alpha is flat. Default 1e-5. */
  regularization?: number;
  /** Sweeps on levels whose sides are both ≤ `smallSize`. Default 10. */
  smallIterations?: number;
  /** Sweeps on larger levels. Default 2. */
  largeIterations?: number;
  /** Default 32 pixels. */
  smallSize?: number;
}

/** The two layers of a picture: interleaved RGB in [0, 1], `width * height * 3` values each. */
export interface Layers {
  readonly foreground: Float32Array;
  readonly background: Float32Array;
}

/**
 * @param image interleaved RGB in [0, 1], `width * height * 3` values
 * @param alpha `width * height` values in [0, 1]
 * @returns layers with `alpha * foreground + (1 - alpha) * background ≈ image`
 */
export function estimateMultiLevel(
  image: Float32Array,
  alpha: Float32Array,
  width: number,
  height: number,
  options: MultiLevelOptions = {},
): Layers {
  const {
    regularization = 1e-5,
    smallIterations = 10,
    largeIterations = 2,
    smallSize = 32,
  } = options;

  let previous = meanColors(image, alpha, width * height);
  let previousWidth = 1;
  let previousHeight = 1;
  const levels = Math.ceil(Math.log2(Math.max(width, height)));
  for (let level = 0; level <= levels; level++) {
    const fraction = levels === 0 ? 1 : level / levels;
    const w = roundHalfToEven(width ** fraction);
    const h = roundHalfToEven(height ** fraction);
    const pixels = resizeNearest(image, width, height, w, h, 3);
    const matte = resizeNearest(alpha, width, height, w, h, 1);
    const foreground = resizeNearest(previous.foreground, previousWidth, previousHeight, w, h, 3);
    const background = resizeNearest(previous.background, previousWidth, previousHeight, w, h, 3);
    const sweeps = w <= smallSize && h <= smallSize ? smallIterations : largeIterations;
    for (let i = 0; i < sweeps; i++) {
      sweep(pixels, matte, foreground, background, w, h, regularization);
    }
    previous = { foreground, background };
    previousWidth = w;
    previousHeight = h;
  }
  return previous;
}

/** Start of the pyramid: mean colour of the sure foreground (α > 0.9) and the sure background (α < 0.1). */
function meanColors(image: Float32Array, alpha: Float32Array, pixels: number): Layers {
  const foreground = new Float64Array(3);
  const background = new Float64Array(3);
  let inside = 0;
  let outside = 0;
  for (let p = 0; p < pixels; p++) {
    if (alpha[p] > 0.9) {
      inside++;
      for (let c = 0; c < 3; c++) foreground[c] += image[p * 3 + c];
    } else if (alpha[p] < 0.1) {
      outside++;
      for (let c = 0; c < 3; c++) background[c] += image[p * 3 + c];
    }
  }
  return {
    foreground: Float32Array.from(foreground, (sum) => sum / (inside + 1e-5)),
    background: Float32Array.from(background, (sum) => sum / (outside + 1e-5)),
  };
}

function sweep(
  image: Float32Array,
  alpha: Float32Array,
  F: Float32Array,
  B: Float32Array,
  width: number,
  height: number,
  regularization: number,
): void {
  for (let y = 0; y < height; y++) {
    const up = y > 0 ? -width : 0;
    const down = y < height - 1 ? width : 0;
    for (let x = 0; x < width; x++) {
      const p = y * width + x;
      const n0 = x > 0 ? p - 1 : p;
      const n1 = x < width - 1 ? p + 1 : p;
      const n2 = p + up;
      const n3 = p + down;
      const a = alpha[p];
      const b = 1 - a;
      const g0 = regularization + Math.abs(a - alpha[n0]);
      const g1 = regularization + Math.abs(a - alpha[n1]);
      const g2 = regularization + Math.abs(a - alpha[n2]);
      const g3 = regularization + Math.abs(a - alpha[n3]);
      const sum = g0 + g1 + g2 + g3;
      const a11 = a * a + sum;
      const a12 = a * b;
      const a22 = b * b + sum;
      const inverse = 1 / (a11 * a22 - a12 * a12);
      for (let c = 0; c < 3; c++) {
        const i = p * 3 + c;
        const value = image[i];
        const right1 =
          a * value +
          g0 * F[n0 * 3 + c] +
          g1 * F[n1 * 3 + c] +
          g2 * F[n2 * 3 + c] +
          g3 * F[n3 * 3 + c];
        const right2 =
          b * value +
          g0 * B[n0 * 3 + c] +
          g1 * B[n1 * 3 + c] +
          g2 * B[n2 * 3 + c] +
          g3 * B[n3 * 3 + c];
        const f = (a22 * right1 - a12 * right2) * inverse;
        const k = (a11 * right2 - a12 * right1) * inverse;
        F[i] = f < 0 ? 0 : f > 1 ? 1 : f;
        B[i] = k < 0 ? 0 : k > 1 ? 1 : k;
      }
    }
  }
}

/** Source index `floor(destination * source / destinationSize)`, as the published implementation does. */
function resizeNearest(
  source: Float32Array,
  width: number,
  height: number,
  newWidth: number,
  newHeight: number,
  channels: number,
): Float32Array {
  const result = new Float32Array(newWidth * newHeight * channels);
  let i = 0;
  for (let y = 0; y < newHeight; y++) {
    const row = Math.min(height - 1, Math.floor((y * height) / newHeight)) * width;
    for (let x = 0; x < newWidth; x++) {
      const from = (row + Math.min(width - 1, Math.floor((x * width) / newWidth))) * channels;
      for (let c = 0; c < channels; c++) result[i++] = source[from + c];
    }
  }
  return result;
}

/** Python's `round`: halves go to the even neighbour. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest === 0.5) return floor % 2 === 0 ? floor : floor + 1;
  return Math.round(value);
}
