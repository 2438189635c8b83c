import type { SymmetricMatrix } from './symmetric-matrix';
import { inPieces, type Work } from './work';

/** What makes one attempt. */
export interface FactorSettings {
  /** Entries of L below this are dropped. */
  readonly smallest: number;
  /** σ: diagonal entries are a_jj (1 + σ), */
  readonly shift: number;
  /** but not below this. */
  readonly floor: number;
  /** Most entries. */
  readonly limit: number;
}

/**
 * The columns that the next one needs: column k waits in the list of the first row that it has not yet been used for.
 * The entries of the column in work lie in `work`, their rows as flags in `bits`, which gives them in order.
 */
class ActiveColumns {
  readonly work: Float64Array;
  readonly bits: Int32Array;
  readonly head: Int32Array;
  readonly next: Int32Array;
  /** Per column: its entry of that row. */
  readonly position: Int32Array;
  /** Last row in `work`. */
  last = 0;

  constructor(size: number) {
    this.work = new Float64Array(size);
    this.bits = new Int32Array((size >> 5) + 1);
    this.head = new Int32Array(size).fill(-1);
    this.next = new Int32Array(size);
    this.position = new Int32Array(size);
  }

  wait(column: number, position: number, row: number): void {
    this.position[column] = position;
    this.next[column] = this.head[row];
    this.head[row] = column;
  }
}

/** Columns between two yields, of some milliseconds. */
const COLUMNS = 1 << 11;

/** L of one attempt: see `incompleteCholesky`. Columns have ascending rows; entries are float32, as M only approximates. */
export class Factor {
  readonly #matrix: SymmetricMatrix;
  readonly #smallest: number;
  readonly #shift: number;
  readonly #floor: number;
  readonly #limit: number;
  readonly #starts: Int32Array;
  #rows: Int32Array;
  #values: Float32Array;
  /** 1 / L_jj. */
  readonly #inverses: Float64Array;

  constructor(matrix: SymmetricMatrix, { smallest, shift, floor, limit }: FactorSettings) {
    this.#matrix = matrix;
    this.#smallest = smallest;
    this.#shift = shift;
    this.#floor = floor;
    this.#limit = limit;
    this.#starts = new Int32Array(matrix.size + 1);
    this.#inverses = new Float64Array(matrix.size);
    const capacity = Math.min(limit, Math.ceil(1.5 * matrix.values.length));
    this.#rows = new Int32Array(capacity);
    this.#values = new Float32Array(capacity);
  }

  get entries(): number {
    return this.#starts[this.#matrix.size];
  }

  *compute(): Work<'done' | 'no pivot' | 'too many entries'> {
    const { size } = this.#matrix;
    const columns = new ActiveColumns(size);
    for (let from = 0; from < size; from += COLUMNS) {
      const to = Math.min(size, from + COLUMNS);
      for (let j = from; j < to; j++) {
        const pivot = this.#gather(j, columns);
        if (!(pivot > 0)) return 'no pivot';
        if (!this.#keep(j, Math.sqrt(pivot), columns)) return 'too many entries';
      }
      yield to / size;
    }
    return 'done';
  }

  /** `result` = (L Lᵀ)⁻¹ x: columns of L downwards, then rows of Lᵀ upwards. */
  *solve(x: Float64Array, result: Float64Array): Work<void> {
    const { size } = this.#matrix;
    result.set(x);
    yield* inPieces(size, COLUMNS << 3, (from, to) => this.#forward(result, from, to));
    yield* inPieces(size, COLUMNS << 3, (from, to) =>
      this.#backward(result, size - 1 - from, size - 1 - to),
    );
  }

  /** Column j of A − L₍ⱼ₎L₍ⱼ₎ᵀ into `columns`. @returns the pivot */
  #gather(j: number, columns: ActiveColumns): number {
    const { starts: own, columns: below, values } = this.#matrix;
    const starts = this.#starts;
    const rows = this.#rows;
    const entries = this.#values;
    const { work, bits, head, next, position } = columns;
    const diagonal = values[own[j]];
    const end = own[j + 1];
    let pivot = Math.max(diagonal * (1 + this.#shift), this.#floor);
    const smallest = 1e-14 * pivot;
    let last = j;
    for (let k = own[j] + 1; k < end; k++) {
      last = below[k];
      work[last] = values[k];
      bits[last >> 5] |= 1 << (last & 31);
    }
    for (let k = head[j]; k >= 0; ) {
      const following = next[k];
      let at = position[k];
      const stop = starts[k + 1];
      const factor = entries[at++];
      pivot -= factor * factor;
      if (at < stop) {
        for (let q = at; q < stop; q++) {
          const i = rows[q];
          bits[i >> 5] |= 1 << (i & 31);
          work[i] -= factor * entries[q];
        }
        if (rows[stop - 1] > last) last = rows[stop - 1];
        columns.wait(k, at, rows[at]);
      }
      k = following;
    }
    columns.last = last;
    return pivot > smallest ? pivot : 0;
  }

  /** Column j of L from `columns`, which it empties. @returns whether there was room */
  #keep(j: number, root: number, columns: ActiveColumns): boolean {
    const { work, bits, last } = columns;
    const inverse = 1 / root;
    const smallest = Math.max(this.#smallest * root, Number.MIN_VALUE);
    const start = this.#starts[j];
    let rows = this.#rows;
    let values = this.#values;
    let count = start;
    for (let word = j >> 5; word <= last >> 5; word++) {
      let flags = bits[word];
      bits[word] = 0;
      while (flags !== 0) {
        const lowest = flags & -flags;
        flags ^= lowest;
        const i = (word << 5) + 31 - Math.clz32(lowest);
        const value = work[i];
        work[i] = 0;
        if (value < smallest && value > -smallest) continue;
        if (count === rows.length) {
          if (!this.#grow()) return false;
          rows = this.#rows;
          values = this.#values;
        }
        rows[count] = i;
        values[count++] = value * inverse;
      }
    }
    this.#inverses[j] = inverse;
    this.#starts[j + 1] = count;
    if (count > start) columns.wait(j, start, rows[start]);
    return true;
  }

  #grow(): boolean {
    const length = Math.min(this.#limit, Math.ceil(1.5 * this.#rows.length) + 16);
    if (length <= this.#rows.length) return false;
    const rows = new Int32Array(length);
    const values = new Float32Array(length);
    rows.set(this.#rows);
    values.set(this.#values);
    this.#rows = rows;
    this.#values = values;
    return true;
  }

  #forward(x: Float64Array, from: number, to: number): void {
    const [starts, rows, values, inverses] = [
      this.#starts,
      this.#rows,
      this.#values,
      this.#inverses,
    ];
    for (let j = from; j < to; j++) {
      const value = x[j] * inverses[j];
      x[j] = value;
      for (let q = starts[j]; q < starts[j + 1]; q++) x[rows[q]] -= values[q] * value;
    }
  }

  /** From row `from` up to before row `to`. */
  #backward(x: Float64Array, from: number, to: number): void {
    const [starts, rows, values, inverses] = [
      this.#starts,
      this.#rows,
      this.#values,
      this.#inverses,
    ];
    for (let j = from; j > to; j--) {
      let value = x[j];
      for (let q = starts[j]; q < starts[j + 1]; q++) value -= values[q] * x[rows[q]];
      x[j] = value * inverses[j];
    }
  }
}
