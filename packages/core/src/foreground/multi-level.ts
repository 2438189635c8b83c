import { clipUnit } from '../imaging/clip-unit';
import type { RowAt } from '../imaging/picture-rows';
import { finish, type Work } from '../solvers/work';
import type { Layers, Pixels } from './layers';

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
  /**
   * Levels with a side above this leave out pixels that have the opacity of all their neighbours, exactly 0 or exactly 1:
   * there F is I, or nothing shows it. Nine tenths of a photograph. Default `Infinity`, the published implementation.
   */
  skipFlatAbove?: number;
}

/**
 * The colours of person and background, level by level; see {@link MultiLevelOptions}.
 *
 * ```ts
 * import { estimateMultiLevel } from '@latent-matte/core/ops';
 * import { mockComposite } from '@latent-matte/core/testing';
 *
 * const { image, alpha } = mockComposite(64, 64);
 * const { foreground, background } = estimateMultiLevel(image.data, alpha.data, 64, 64);
 * console.log(foreground.length); // 64 · 64 · 3 = 12288
 * ```
 *
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
  return finish(multiLevelWork({ data: image, scale: 1 }, alpha, width, height, options));
}

/**
 * {@link estimateMultiLevel} in pieces and for pixels of any depth. Takes 30 bytes a pixel, the result included.
 *
 * @param alpha all of it, or row by row
 * @param last the level to stop after, one of {@link pyramid}. Default the picture's size
 */
export function* multiLevelWork(
  pixels: Pixels,
  alpha: Float32Array | RowAt,
  width: number,
  height: number,
  options: MultiLevelOptions = {},
  last: Size = { width, height },
): Work<Layers> {
  const { regularization, sweepsAt } = resolveMultiLevel(options);
  const { skipFlatAbove = Number.POSITIVE_INFINITY } = options;
  const alphaAt: RowAt =
    typeof alpha === 'function' ? alpha : (y) => alpha.subarray(y * width, (y + 1) * width);
  let previous: Level = { width: 1, height: 1, ...meanColors(pixels, alphaAt, width, height) };
  const sizes = pyramid(width, height);
  const total = sizes.reduce((sum, size) => sum + sweepsAt(size) * size.width * size.height, 1);
  let done = 0;
  for (const size of sizes) {
    const { width: w, height: h } = size;
    const columns = nearestIndices(width, w);
    const rows = nearestIndices(height, h);
    const isWhole = w === width && h === height && typeof alpha !== 'function';
    const matte = isWhole ? alpha : sampledMatte(alphaAt, columns, rows);
    const foreground = sampleNearest(previous.foreground, previous.width, previous.height, w, h);
    const background = sampleNearest(previous.background, previous.width, previous.height, w, h);
    const level: Level = { width: w, height: h, foreground, background };
    const colors = new Float32Array(w * 3);
    const skipFlat = Math.max(w, h) > skipFlatAbove;
    for (let i = 0; i < sweepsAt(size); i++) {
      for (let y = 0; y < h; y++) {
        readRow(pixels, rows[y] * width, columns, colors);
        sweepRow(colors, matte, level, y, regularization, skipFlat);
        done += w;
        if ((y & 63) === 63) yield done / total;
      }
    }
    previous = level;
    if (w === last.width && h === last.height) break;
  }
  return { foreground: previous.foreground, background: previous.background };
}

/** Options with their defaults: those of the published implementation. */
export function resolveMultiLevel({
  regularization = 1e-5,
  smallIterations = 10,
  largeIterations = 2,
  smallSize = 32,
}: MultiLevelOptions): { regularization: number; sweepsAt: (size: Size) => number } {
  return {
    regularization,
    sweepsAt: ({ width, height }) =>
      width <= smallSize && height <= smallSize ? smallIterations : largeIterations,
  };
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A level of the pyramid, or a band of its rows. */
export type Level = Size & Layers;

/** Sizes from 1 × 1 to the whole picture, in equal ratios. */
export function pyramid(width: number, height: number): Size[] {
  const levels = Math.ceil(Math.log2(Math.max(width, height)));
  return Array.from({ length: levels + 1 }, (_, level) => {
    const fraction = levels === 0 ? 1 : level / levels;
    return {
      width: roundHalfToEven(width ** fraction),
      height: roundHalfToEven(height ** fraction),
    };
  });
}

/** Source index `floor(destination * source / destinationSize)`, as the published implementation does. */
export function nearestIndices(from: number, to: number): Int32Array {
  return Int32Array.from({ length: to }, (_, i) => Math.min(from - 1, Math.floor((i * from) / to)));
}

/** The pixels of one row at `columns`, as floats. @param start pixel at which the row begins */
export function readRow(
  { data, scale }: Pixels,
  start: number,
  columns: Int32Array,
  into: Float32Array,
): void {
  for (let x = 0; x < columns.length; x++) {
    const from = (start + columns[x]) * 3;
    into[x * 3] = data[from] * scale;
    into[x * 3 + 1] = data[from + 1] * scale;
    into[x * 3 + 2] = data[from + 2] * scale;
  }
}

/** Start of the pyramid: mean colour of the sure foreground (α > 0.9) and the sure background (α < 0.1). */
function meanColors(
  { data, scale }: Pixels,
  alphaAt: RowAt,
  width: number,
  height: number,
): Layers {
  const foreground = new Float64Array(3);
  const background = new Float64Array(3);
  let inside = 0;
  let outside = 0;
  for (let y = 0, at = 0; y < height; y++) {
    const alpha = alphaAt(y);
    for (let x = 0; x < width; x++, at += 3) {
      if (alpha[x] > 0.9) {
        inside++;
        for (let c = 0; c < 3; c++) foreground[c] += data[at + c] * scale;
      } else if (alpha[x] < 0.1) {
        outside++;
        for (let c = 0; c < 3; c++) background[c] += data[at + c] * scale;
      }
    }
  }
  return {
    foreground: Float32Array.from(foreground, (sum) => sum / (inside + 1e-5)),
    background: Float32Array.from(background, (sum) => sum / (outside + 1e-5)),
  };
}

/** Updates row `y` in place. @param colors of that row. @param alpha begins with the level */
export function sweepRow(
  colors: Float32Array,
  alpha: Float32Array,
  { width, height, foreground: F, background: B }: Level,
  y: number,
  regularization: number,
  skipFlat: boolean,
): void {
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
    if (skipFlat && a * b === 0 && isFlat(alpha, a, n0, n1, n2, n3)) {
      const seen = a === 1 ? F : B;
      for (let c = 0; c < 3; c++) seen[p * 3 + c] = colors[x * 3 + c];
      continue;
    }
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
      const value = colors[x * 3 + c];
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
      F[i] = clipUnit(f);
      B[i] = clipUnit(k);
    }
  }
}

const isFlat = (
  alpha: Float32Array,
  a: number,
  n0: number,
  n1: number,
  n2: number,
  n3: number,
): boolean => alpha[n0] === a && alpha[n1] === a && alpha[n2] === a && alpha[n3] === a;

/** The matte at the size of a level. */
function sampledMatte(alphaAt: RowAt, columns: Int32Array, rows: Int32Array): Float32Array {
  const width = columns.length;
  const result = new Float32Array(width * rows.length);
  for (let y = 0; y < rows.length; y++) {
    sampleOpacities(alphaAt(rows[y]), columns, result, y * width);
  }
  return result;
}

/** One row of a matte at the size of a level. */
export function sampleOpacities(
  row: Float32Array,
  columns: Int32Array,
  result: Float32Array,
  at: number,
): void {
  for (let x = 0; x < columns.length; x++) result[at + x] = row[columns[x]];
}

/** Colours by nearest neighbour, see {@link nearestIndices}. */
function sampleNearest(
  source: Float32Array,
  width: number,
  height: number,
  newWidth: number,
  newHeight: number,
): Float32Array {
  const columns = nearestIndices(width, newWidth).map((x) => x * 3);
  const rows = nearestIndices(height, newHeight);
  const length = newWidth * 3;
  const result = new Float32Array(length * newHeight);
  for (let y = 0; y < newHeight; y++) {
    const at = y * length;
    // Of a level of twice the size every other row is the one before: copying takes a tenth of the time.
    if (y > 0 && rows[y] === rows[y - 1]) result.copyWithin(at, at - length, at);
    else sampleColors(source, rows[y] * width * 3, columns, result, at);
  }
  return result;
}

/** One row of {@link sampleNearest}. @param start value at which the row begins. @param columns times 3 */
export function sampleColors(
  source: Float32Array,
  start: number,
  columns: Int32Array,
  result: Float32Array,
  at: number,
): void {
  for (let x = 0, i = at; x < columns.length; x++, i += 3) {
    const from = start + columns[x];
    result[i] = source[from];
    result[i + 1] = source[from + 1];
    result[i + 2] = source[from + 2];
  }
}

/** Python's `round`: halves go to the even neighbour. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest === 0.5) return floor % 2 === 0 ? floor : floor + 1;
  return Math.round(value);
}
