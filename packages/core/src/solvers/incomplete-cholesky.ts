import { Factor } from './cholesky-factor';
import type { Operator } from './conjugate-gradients';
import type { SymmetricMatrix } from './symmetric-matrix';
import type { Work } from './work';

export interface IncompleteCholeskyOptions {
  /** τ: entries of L below τ √(mean of a_ii) are dropped; 0 keeps all. */
  readonly threshold: number;
  /** σ to begin with. Default 0. */
  readonly shift?: number;
  /** Entries that L may have for one of A; more means that the threshold is raised. Default 6. */
  readonly maxFill?: number;
}

/** What L L^T ≈ A was found with. */
export interface IncompleteCholesky {
  /** (L Lᵀ)⁻¹. */
  readonly solve: Operator;
  readonly shift: number;
  readonly threshold: number;
  /** Entries of L below its diagonal. */
  readonly entries: number;
}

/** A pivot below this share of the mean diagonal entry is none. */
const SMALLEST_PIVOT = 1e-12;
/** Above this shift, the diagonal alone does as well. */
const LARGEST_SHIFT = 4;

/**
 * Incomplete Cholesky factorisation with a threshold, column by column (Saad, "Iterative Methods for Sparse Linear
 * Systems", 2003, §10.4 and §10.8.3):
 *
 *     L_jj² = a_jj (1 + σ) − Σ_{k<j} L_jk²,   L_ij = (a_ij − Σ_{k<j} L_ik L_jk) / L_jj,   0 where |L_ij| < τ √ā
 *
 * What is dropped can make a pivot negative; then it starts again with a larger σ (Manteuffel, "An Incomplete
 * Factorization Technique for Positive Definite Linear Systems", 1980), and with a larger τ when L outgrows its memory.
 * A row of A that says nothing gets a tiny pivot.
 */
export function* incompleteCholesky(
  matrix: SymmetricMatrix,
  { threshold, shift = 0, maxFill = 6 }: IncompleteCholeskyOptions,
): Work<IncompleteCholesky> {
  const { starts, values, size } = matrix;
  let trace = 0;
  for (let i = 0; i < size; i++) trace += values[starts[i]];
  const mean = Math.max(trace / size, Number.MIN_VALUE) || 1;
  for (let [tau, sigma] = [threshold, shift]; ; ) {
    const factor = new Factor(matrix, {
      smallest: tau * Math.sqrt(mean),
      shift: sigma,
      floor: SMALLEST_PIVOT * mean,
      limit: Math.ceil(maxFill * values.length),
    });
    const outcome = yield* factor.compute();
    if (outcome === 'done') {
      const solve: Operator = (x, result) => factor.solve(x, result);
      return { solve, shift: sigma, threshold: tau, entries: factor.entries };
    }
    if (outcome === 'too many entries') tau = Math.max(1e-6, 3 * tau);
    else sigma = Math.max(1e-4, 4 * sigma);
    if (sigma > LARGEST_SHIFT || tau > 1) [tau, sigma] = [Number.POSITIVE_INFINITY, 0];
  }
}
