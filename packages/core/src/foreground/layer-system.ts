/**
 * The linear system of closed-form foreground estimation (paper Eq. 5; Levin, Lischinski, Weiss, "A Closed-Form
 * Solution to Natural Image Matting", PAMI 2008, as pymatting states it). One colour of the two layers is
 * x = (F, B), interleaved: x[2p] = F_p, x[2p + 1] = B_p.
 *
 *     A = UᵀU + blockdiag(S, S),   U = [diag α, diag(1 − α)],   S = Σ_edges w (e_i − e_j)(e_i − e_j)ᵀ
 *     A x = Uᵀ I,                  w_ij = 2 (ε + |α_i − α_j|)
 *
 * over the edges between 4-neighbours; the 2 is there because pymatting counts every edge from both ends.
 *
 * Coarser grids merge 2 × 2 pixels into one: A_coarse = Pᵀ A P with P piecewise constant, which keeps the five-point
 * shape. Data blocks and the weights across the seams add up.
 */
export interface GridRow {
  /** Weights of the edges to the right, downwards and upwards; 0 where there is no neighbour. */
  readonly right: Float64Array;
  readonly down: Float64Array;
  readonly up: Float64Array;
  /** The data block of each pixel: α², α(1 − α), (1 − α)². */
  readonly ff: Float64Array;
  readonly fb: Float64Array;
  readonly bb: Float64Array;
}

/** A on one grid. */
export interface Grid {
  readonly width: number;
  readonly height: number;
  /** Coefficients of row `y`, valid until the next call. */
  row(y: number): GridRow;
}

/** The grid of the pixels themselves: coefficients are computed from alpha, row by row, to save memory. */
export function pixelGrid(
  alpha: ArrayLike<number>,
  width: number,
  height: number,
  regularization: number,
): Grid {
  const create = () => new Float64Array(width);
  const row = {
    right: create(),
    down: create(),
    up: create(),
    ff: create(),
    fb: create(),
    bb: create(),
  };
  const { right, down, up, ff, fb, bb } = row;
  return {
    width,
    height,
    row(y) {
      const start = y * width;
      const [upper, lower] = [y > 0, y < height - 1];
      for (let x = 0; x < width; x++) {
        const p = start + x;
        const a = alpha[p];
        const b = 1 - a;
        ff[x] = a * a;
        fb[x] = a * b;
        bb[x] = b * b;
        right[x] = x < width - 1 ? 2 * (regularization + Math.abs(a - alpha[p + 1])) : 0;
        down[x] = lower ? 2 * (regularization + Math.abs(a - alpha[p + width])) : 0;
        up[x] = upper ? 2 * (regularization + Math.abs(a - alpha[p - width])) : 0;
      }
      return row;
    },
  };
}

/** Merges 2 × 2 pixels. */
export function coarseGrid(fine: Grid): Grid {
  const width = (fine.width + 1) >> 1;
  const height = (fine.height + 1) >> 1;
  const create = () => new Float64Array(width * height);
  const right = create();
  const down = create();
  const ff = create();
  const fb = create();
  const bb = create();
  for (let y = 0; y < fine.height; y++) {
    const row = fine.row(y);
    const start = (y >> 1) * width;
    const lower = (y & 1) === 1;
    for (let x = 0; x < fine.width; x++) {
      const q = start + (x >> 1);
      ff[q] += row.ff[x];
      fb[q] += row.fb[x];
      bb[q] += row.bb[x];
      if ((x & 1) === 1) right[q] += row.right[x];
      if (lower) down[q] += row.down[x];
    }
  }
  const none = new Float64Array(width);
  return {
    width,
    height,
    row(y) {
      const start = y * width;
      const end = start + width;
      return {
        right: right.subarray(start, end),
        down: down.subarray(start, end),
        up: y > 0 ? down.subarray(start - width, start) : none,
        ff: ff.subarray(start, end),
        fb: fb.subarray(start, end),
        bb: bb.subarray(start, end),
      };
    },
  };
}

/** Row `y` of A x into `result`, an array of one row. */
export function applyRow(grid: Grid, x: Float64Array, y: number, result: Float64Array): void {
  const { width, height } = grid;
  const { right, down, up, ff, fb, bb } = grid.row(y);
  const stepUp = y > 0 ? 2 * width : 0;
  const stepDown = y < height - 1 ? 2 * width : 0;
  let left = 0;
  for (let column = 0; column < width; column++) {
    const i = 2 * (y * width + column);
    const before = column > 0 ? i - 2 : i;
    const after = column < width - 1 ? i + 2 : i;
    const r = right[column];
    const d = down[column];
    const u = up[column];
    const sum = r + left + d + u;
    const f = x[i];
    const b = x[i + 1];
    result[2 * column] =
      (sum + ff[column]) * f +
      fb[column] * b -
      r * x[after] -
      left * x[before] -
      d * x[i + stepDown] -
      u * x[i - stepUp];
    result[2 * column + 1] =
      (sum + bb[column]) * b +
      fb[column] * f -
      r * x[after + 1] -
      left * x[before + 1] -
      d * x[i + 1 + stepDown] -
      u * x[i + 1 - stepUp];
    left = r;
  }
}

/**
 * One row of a Gauss–Seidel sweep: every pixel solves its own two equations for F and B, its neighbours held.
 * Backwards, from right to left, it is the adjoint of forwards.
 */
export function relaxRow(
  grid: Grid,
  right: Float64Array,
  x: Float64Array,
  y: number,
  backwards: boolean,
): void {
  const { width, height } = grid;
  const { right: rights, down: downs, up: ups, ff, fb, bb } = grid.row(y);
  const stepUp = y > 0 ? 2 * width : 0;
  const stepDown = y < height - 1 ? 2 * width : 0;
  for (let n = 0; n < width; n++) {
    const column = backwards ? width - 1 - n : n;
    const i = 2 * (y * width + column);
    const before = column > 0 ? i - 2 : i;
    const after = column < width - 1 ? i + 2 : i;
    const r = rights[column];
    const l = column > 0 ? rights[column - 1] : 0;
    const d = downs[column];
    const u = ups[column];
    const f = right[i] + r * x[after] + l * x[before] + d * x[i + stepDown] + u * x[i - stepUp];
    const b =
      right[i + 1] +
      r * x[after + 1] +
      l * x[before + 1] +
      d * x[i + 1 + stepDown] +
      u * x[i + 1 - stepUp];
    // A pixel without neighbours has a block of rank one; the shift makes it solvable and moves nothing else.
    const shift = r + l + d + u + 1e-12;
    const a11 = ff[column] + shift;
    const a12 = fb[column];
    const a22 = bb[column] + shift;
    const inverse = 1 / (a11 * a22 - a12 * a12);
    x[i] = (a22 * f - a12 * b) * inverse;
    x[i + 1] = (a11 * b - a12 * f) * inverse;
  }
}
