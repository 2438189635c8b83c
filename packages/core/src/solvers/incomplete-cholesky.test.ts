import { describe, expect, it } from 'vitest';
import { ModelOutputError } from '../errors';
import { hashValues } from '@latent-matte/test-kit/fixture';
import { conjugateGradients } from './conjugate-gradients';
import { type IncompleteCholeskyOptions, incompleteCholesky } from './incomplete-cholesky';
import { multiplyBy, type SymmetricMatrix } from './symmetric-matrix';
import { finish } from './work';

/** From the upper triangle of a dense matrix. */
function sparse(dense: readonly (readonly number[])[]): SymmetricMatrix {
  const [starts, columns, values] = [[0], [] as number[], [] as number[]];
  for (const [i, row] of dense.entries()) {
    for (let j = i; j < dense.length; j++) {
      if (j !== i && row[j] === 0) continue;
      columns.push(j);
      values.push(row[j]);
    }
    starts.push(values.length);
  }
  return {
    size: dense.length,
    starts: Int32Array.from(starts),
    columns: Int32Array.from(columns),
    values: Float64Array.from(values),
  };
}

const zeros = (size: number): number[][] =>
  Array.from({ length: size }, () => new Array<number>(size).fill(0));

function tridiagonal(size: number): SymmetricMatrix {
  const dense = zeros(size);
  for (let i = 0; i < size; i++) {
    dense[i][i] = 2.5;
    if (i > 0) dense[i][i - 1] = dense[i - 1][i] = -1;
  }
  return sparse(dense);
}

/** Bᵀ B + εI with a banded B of any signs: positive definite, and no M-matrix. */
function banded(size: number, epsilon: number): SymmetricMatrix {
  const noise = hashValues('solvers:banded', size * 5);
  const dense = zeros(size);
  for (let row = 0; row + 5 <= size; row++) {
    for (let i = 0; i < 5; i++) {
      for (let j = 0; j < 5; j++)
        dense[row + i][row + j] += noise[row * 5 + i] * noise[row * 5 + j];
    }
  }
  for (let i = 0; i < size; i++) dense[i][i] += epsilon;
  return sparse(dense);
}

function solve(matrix: SymmetricMatrix, options: IncompleteCholeskyOptions, maxIterations = 200) {
  const expected = Float64Array.from(hashValues('solvers:x', matrix.size));
  const b = new Float64Array(matrix.size);
  finish(multiplyBy(matrix)(expected, b));
  const factor = finish(incompleteCholesky(matrix, options));
  const x = new Float64Array(matrix.size);
  const iterations = finish(
    conjugateGradients(multiplyBy(matrix), factor.solve, b, {
      x,
      measure: 'residual',
      tolerance: 1e-10,
      relative: true,
      maxIterations,
      operation: 'The test',
    }),
  );
  const error = x.reduce((max, value, i) => Math.max(max, Math.abs(value - expected[i])), 0);
  return { factor, iterations, error, x };
}

describe('incomplete Cholesky with conjugate gradients', () => {
  it('is exact up to float32 where nothing fills in', () => {
    const { factor, iterations, error } = solve(tridiagonal(50), { threshold: 0 });
    expect(factor).toMatchObject({ shift: 0, threshold: 0, entries: 49 });
    expect(iterations).toBeLessThanOrEqual(3);
    expect(error).toBeLessThan(1e-9);
  });

  it.each([0, 1e-3, 1e-1])(
    'solves a system that is no M-matrix at a threshold of %d',
    (threshold) => {
      const { error, factor } = solve(banded(80, 1e-2), { threshold });
      expect(error).toBeLessThan(1e-6);
      expect(factor.entries).toBeLessThanOrEqual(80 * 4);
    },
  );

  it('shifts the diagonal until there are pivots', () => {
    // Without the entries that are dropped, 1 − 2 · 0.75² < 0 is left for the last pivot.
    const dense = [
      [1, 0, 0.75],
      [0, 1, 0.75],
      [0.75, 0.75, 1],
    ];
    const factor = finish(incompleteCholesky(sparse(dense), { threshold: 0 }));
    expect(factor.shift).toBeGreaterThan(0);
    const z = new Float64Array(3);
    finish(factor.solve(Float64Array.of(1, -2, 3), z));
    expect(z[0] - 2 * z[1] + 3 * z[2]).toBeGreaterThan(0);
  });

  it('bears rows that say nothing', () => {
    const dense = [
      [2, 0, 1],
      [0, 0, 0],
      [1, 0, 2],
    ];
    const factor = finish(incompleteCholesky(sparse(dense), { threshold: 0 }));
    const z = new Float64Array(3);
    finish(factor.solve(Float64Array.of(3, 0, 3), z));
    expect(z[0]).toBeCloseTo(1, 6);
    expect(z[1]).toBe(0);
    expect(z[2]).toBeCloseTo(1, 6);
  });

  it('raises the threshold where memory ends', () => {
    const { factor, error } = solve(banded(80, 1e-2), { threshold: 0, maxFill: 0.5 });
    expect(factor.threshold).toBeGreaterThan(0);
    expect(factor.entries).toBeLessThanOrEqual(Math.ceil(0.5 * banded(80, 1e-2).values.length));
    expect(error).toBeLessThan(1e-6);
  });

  it('gives the same bits again, and says when iterations run out', () => {
    const options = { threshold: 1e-2 };
    expect(solve(banded(60, 1e-2), options).x).toEqual(solve(banded(60, 1e-2), options).x);
    const hurried = () => solve(banded(60, 1e-6), { threshold: 0.3 }, 1);
    expect(hurried).toThrow(ModelOutputError);
    expect(hurried).toThrow(/The test did not converge in 1 iterations/);
  });
});
