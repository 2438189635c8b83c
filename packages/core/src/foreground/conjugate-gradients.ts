import { ModelOutputError } from '../errors';
import { applyRow, type Grid } from './layer-system';
import type { Multigrid } from './multigrid';
import type { Work } from './work';

export interface Convergence {
  /** Stops when the estimated error, per pixel and in the norm of A, is at most this. */
  readonly tolerance: number;
  readonly maxIterations: number;
}

/**
 * Conjugate gradients on A x = b, preconditioned by a multigrid cycle. `√(rᵀM⁻¹r / pixels)` estimates the error in
 * the norm of A, which weighs F by alpha and B by 1 − alpha: what cannot be seen does not keep it going.
 *
 * @param x the start; holds the solution at the end
 * @returns iterations
 * @throws ModelOutputError not converged after `maxIterations`
 */
export function* conjugateGradients(
  grid: Grid,
  multigrid: Multigrid,
  b: Float64Array,
  x: Float64Array,
  { tolerance, maxIterations }: Convergence,
): Work<number> {
  const { width, height } = grid;
  const pixels = width * height;
  const residual = new Float64Array(b.length);
  const direction = new Float64Array(b.length);
  const preconditioned = new Float64Array(b.length);
  const product = new Float64Array(b.length);
  multiply(grid, x, product);
  for (let i = 0; i < b.length; i++) residual[i] = b[i] - product[i];

  let progress = 0;
  let first = 0;
  let previous = 0;
  for (let iteration = 0; iteration <= maxIterations; iteration++) {
    for (const _ of multigrid.cycle(residual, preconditioned)) yield progress;
    const energy = dot(residual, preconditioned);
    const error = Math.sqrt(Math.max(0, energy) / pixels);
    if (error <= tolerance) return iteration;
    if (iteration === 0) first = error;
    // The error falls geometrically, roughly.
    progress = Math.max(0, Math.min(1, Math.log(error / first) / Math.log(tolerance / first)));
    yield progress;
    const beta = iteration === 0 ? 0 : energy / previous;
    for (let i = 0; i < b.length; i++) direction[i] = preconditioned[i] + beta * direction[i];
    multiply(grid, direction, product);
    yield progress;
    const step = energy / dot(direction, product);
    for (let i = 0; i < b.length; i++) {
      x[i] += step * direction[i];
      residual[i] -= step * product[i];
    }
    previous = energy;
  }
  throw new ModelOutputError(
    `Closed-form foreground estimation did not converge in ${maxIterations} iterations.`,
    'Raise maxIterations or tolerance.',
  );
}

function multiply(grid: Grid, x: Float64Array, result: Float64Array): void {
  const row = 2 * grid.width;
  for (let y = 0; y < grid.height; y++) {
    applyRow(grid, x, y, result.subarray(y * row, (y + 1) * row));
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
