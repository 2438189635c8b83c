import { ModelOutputError } from '../errors';
import type { Work } from './work';

/** A symmetric positive definite linear map: `result` = A x. In pieces; the shares that it yields mean nothing. */
export type Operator = (x: Float64Array, result: Float64Array) => Work<void>;

export interface ConjugateGradientsOptions {
  /** The start; holds the solution at the end. */
  readonly x: Float64Array;
  /** What must become small: `√(rᵀr)`, or `√(rᵀM⁻¹r)`, which estimates the error in the norm of A. */
  readonly measure: 'residual' | 'energy';
  /** Largest value of the measure, as a share of its value at the start if `relative`. */
  readonly tolerance: number;
  readonly relative?: boolean;
  readonly maxIterations: number;
  /** For the message of the error. */
  readonly operation: string;
}

/**
 * Preconditioned conjugate gradients on A x = b (Saad, "Iterative Methods for Sparse Linear Systems", 2003,
 * Algorithm 9.1). With r = b − A x and z = M⁻¹ r:
 *
 *     p ← z + (rᵀz / r₋ᵀz₋) p,   x ← x + s p,   r ← r − s A p,   s = rᵀz / pᵀA p
 *
 * @param multiply A. @param precondition M⁻¹
 * @returns iterations
 * @throws ModelOutputError not converged after `maxIterations`
 */
export function* conjugateGradients(
  multiply: Operator,
  precondition: Operator,
  b: Float64Array,
  { x, measure, tolerance, relative = false, maxIterations, operation }: ConjugateGradientsOptions,
): Work<number> {
  const size = b.length;
  const residual = new Float64Array(size);
  const direction = new Float64Array(size);
  const preconditioned = new Float64Array(size);
  // A p is needed when z is not.
  const product = preconditioned;
  let progress = 0;
  for (const _ of multiply(x, product)) yield progress;
  for (let i = 0; i < size; i++) residual[i] = b[i] - product[i];

  let first = 0;
  let target = tolerance;
  let previous = 0;
  for (let iteration = 0; iteration <= maxIterations; iteration++) {
    const judge = (error: number): boolean => {
      if (iteration === 0) {
        first = error;
        if (relative) target = tolerance * first;
      }
      // The error falls geometrically, roughly.
      progress = Math.max(0, Math.min(1, Math.log(error / first) / Math.log(target / first))) || 0;
      return error <= target;
    };
    if (measure === 'residual' && judge(Math.sqrt(dot(residual, residual)))) return iteration;
    for (const _ of precondition(residual, preconditioned)) yield progress;
    const energy = dot(residual, preconditioned);
    if (measure === 'energy' && judge(Math.sqrt(Math.max(0, energy)))) return iteration;
    addScaled(preconditioned, direction, iteration === 0 ? 0 : energy / previous);
    for (const _ of multiply(direction, product)) yield progress;
    const step = energy / dot(direction, product);
    advance(x, residual, step, direction, product);
    previous = energy;
    yield progress;
  }
  throw new ModelOutputError(
    `${operation} did not converge in ${maxIterations} iterations.`,
    'Raise maxIterations or tolerance, or scale the image down.',
  );
}

/** p ← z + βp. */
function addScaled(z: Float64Array, p: Float64Array, beta: number): void {
  for (let i = 0; i < p.length; i++) p[i] = z[i] + beta * p[i];
}

/** x ← x + sp, r ← r − sq. */
function advance(
  x: Float64Array,
  r: Float64Array,
  s: number,
  p: Float64Array,
  q: Float64Array,
): void {
  for (let i = 0; i < x.length; i++) {
    x[i] += s * p[i];
    r[i] -= s * q[i];
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
