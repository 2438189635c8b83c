import type { Operator } from './conjugate-gradients';
import { inPieces } from './work';

/**
 * A sparse symmetric matrix. The upper triangle is kept row after row: row i is in `values` and `columns` from
 * `starts[i]` to before `starts[i + 1]`, its diagonal entry first, then the others by ascending column.
 */
export interface SymmetricMatrix {
  readonly size: number;
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float64Array;
}

/** Rows of about a millisecond. */
const ROWS = 1 << 15;

/** The product with A: each stored entry stands for itself and for its mirror image. */
export function multiplyBy(matrix: SymmetricMatrix): Operator {
  return function* (x, result) {
    result.fill(0);
    yield* inPieces(matrix.size, ROWS, (from, to) => multiplyRows(matrix, x, result, from, to));
  };
}

function multiplyRows(
  { starts, columns, values }: SymmetricMatrix,
  x: Float64Array,
  result: Float64Array,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) {
    const end = starts[i + 1];
    const own = x[i];
    let k = starts[i];
    let sum = values[k] * own;
    for (k++; k < end; k++) {
      const value = values[k];
      const j = columns[k];
      sum += value * x[j];
      result[j] += value * own;
    }
    result[i] += sum;
  }
}
