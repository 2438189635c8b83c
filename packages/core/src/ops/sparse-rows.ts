import type {
  backend_util,
  DataType,
  DataTypeMap,
  KernelFunc,
  TensorInfo,
} from '@tensorflow/tfjs-core';
import type { KernelCorrection, WasmBackend } from './corrections/types';

/** A matrix `[to, from]` of few weights: row i has those from `offsets[i]` up to `offsets[i + 1]`. */
export interface SparseRows {
  readonly from: number;
  readonly to: number;
  readonly offsets: Int32Array;
  readonly columns: Int32Array;
  readonly weights: Float32Array;
}

/** The weights of a row-major matrix that are not zero. */
export function sparseRows(matrix: Float32Array, to: number, from: number): SparseRows {
  const offsets = new Int32Array(to + 1);
  let count = 0;
  for (let i = 0; i < matrix.length; i++) if (matrix[i] !== 0) count++;
  const columns = new Int32Array(count);
  const weights = new Float32Array(count);
  count = 0;
  for (let i = 0; i < to; i++) {
    for (let j = 0; j < from; j++) {
      const weight = matrix[i * from + j];
      if (weight === 0) continue;
      columns[count] = j;
      weights[count++] = weight;
    }
    offsets[i + 1] = count;
  }
  return { from, to, offsets, columns, weights };
}

/** Name of the kernel that multiplies `[batch, from, inner]` with `SparseRows`: `[batch, to, inner]`. */
export const SPARSE_ROWS = 'LatentMatteSparseRows';

export interface SparseRowsAttributes {
  readonly rows: SparseRows;
  readonly batch: number;
  readonly inner: number;
}

/** On the backends that compute on the processor in this very thread a loop over few weights beats a product. */
export const sparseRowsKernels: readonly KernelCorrection[] = [
  {
    kernelName: SPARSE_ROWS,
    backendName: 'wasm',
    replaces: false,
    kernelFunc: (({ inputs, attrs, backend }) => {
      const wasm = backend as WasmBackend;
      const { rows, batch, inner } = attrs as unknown as SparseRowsAttributes;
      const y = wasm.makeOutput([batch, rows.to, inner], 'float32');
      multiplySparseRows(
        wasm.typedArrayFromHeap(inputs.x as TensorInfo),
        wasm.typedArrayFromHeap(y),
        rows,
        batch,
        inner,
      );
      return y;
    }) as KernelFunc,
  },
  {
    kernelName: SPARSE_ROWS,
    backendName: 'cpu',
    replaces: false,
    kernelFunc: (({ inputs, attrs, backend }) => {
      const cpu = backend as CpuBackend;
      const { rows, batch, inner } = attrs as unknown as SparseRowsAttributes;
      const y = new Float32Array(batch * rows.to * inner);
      multiplySparseRows(
        cpu.data.get((inputs.x as TensorInfo).dataId).values,
        y,
        rows,
        batch,
        inner,
      );
      return cpu.makeTensorInfo([batch, rows.to, inner], 'float32', y);
    }) as KernelFunc,
  },
];

/** What we use of tfjs's cpu backend. */
interface CpuBackend {
  readonly data: { get(id: object): { values: backend_util.TypedArray } };
  makeTensorInfo(shape: number[], dtype: DataType, values: DataTypeMap['float32']): TensorInfo;
}

/** Vectors shorter than this are multiplied weight by weight in one loop. */
const SHORT = 4;

/** `y[b, i] = Σⱼ w[i, j] x[b, j]` for vectors of `inner` values. */
export function multiplySparseRows(
  x: backend_util.TypedArray,
  y: backend_util.TypedArray,
  rows: SparseRows,
  batch: number,
  inner: number,
): void {
  const { from, to, offsets, columns, weights } = rows;
  if (inner < SHORT) {
    multiplyShort(x, y, rows, batch, inner);
    return;
  }
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < to; i++) {
      const last = offsets[i + 1];
      let t = offsets[i];
      const out = (b * to + i) * inner;
      const before = b * from;
      // Up to four vectors in a pass: what is read and written again for each costs more than its product.
      addUpTo4(x, y, columns, weights, t, Math.min(last, t + 4), before, inner, out, false);
      for (t += 4; t < last; t += 4) {
        addUpTo4(x, y, columns, weights, t, Math.min(last, t + 4), before, inner, out, true);
      }
    }
  }
}

function addUpTo4(
  x: backend_util.TypedArray,
  y: backend_util.TypedArray,
  columns: Int32Array,
  weights: Float32Array,
  first: number,
  last: number,
  before: number,
  inner: number,
  out: number,
  adds: boolean,
): void {
  const count = last - first;
  if (!adds && count <= 1) {
    if (count === 0) y.fill(0, out, out + inner);
    else {
      const [w, p] = [weights[first], (before + columns[first]) * inner];
      for (let k = 0; k < inner; k++) y[out + k] = w * x[p + k];
    }
    return;
  }
  // A weight that is missing is 0, of a vector that is there.
  const u = weights[first];
  const v = count > 1 ? weights[first + 1] : 0;
  const p = (before + columns[first]) * inner;
  const q = (before + columns[count > 1 ? first + 1 : first]) * inner;
  if (count <= 2) {
    if (adds) for (let k = 0; k < inner; k++) y[out + k] += u * x[p + k] + v * x[q + k];
    else for (let k = 0; k < inner; k++) y[out + k] = u * x[p + k] + v * x[q + k];
    return;
  }
  const w = weights[first + 2];
  const z = count > 3 ? weights[first + 3] : 0;
  const r = (before + columns[first + 2]) * inner;
  const s = (before + columns[count > 3 ? first + 3 : first]) * inner;
  if (adds) {
    for (let k = 0; k < inner; k++) {
      y[out + k] += u * x[p + k] + v * x[q + k] + w * x[r + k] + z * x[s + k];
    }
  } else {
    for (let k = 0; k < inner; k++) {
      y[out + k] = u * x[p + k] + v * x[q + k] + w * x[r + k] + z * x[s + k];
    }
  }
}

function multiplyShort(
  x: backend_util.TypedArray,
  y: backend_util.TypedArray,
  { from, to, offsets, columns, weights }: SparseRows,
  batch: number,
  inner: number,
): void {
  for (let b = 0; b < batch; b++) {
    const before = b * from * inner;
    for (let i = 0; i < to; i++) {
      const first = offsets[i];
      const last = offsets[i + 1];
      const out = (b * to + i) * inner;
      if (last - first === 2) {
        const u = weights[first];
        const v = weights[first + 1];
        const p = before + columns[first] * inner;
        const q = before + columns[first + 1] * inner;
        for (let k = 0; k < inner; k++) y[out + k] = u * x[p + k] + v * x[q + k];
        continue;
      }
      if (last - first === 4) {
        // A cubic kernel.
        const u = weights[first];
        const v = weights[first + 1];
        const w = weights[first + 2];
        const z = weights[first + 3];
        const p = before + columns[first] * inner;
        const q = before + columns[first + 1] * inner;
        const r = before + columns[first + 2] * inner;
        const s = before + columns[first + 3] * inner;
        for (let k = 0; k < inner; k++) {
          y[out + k] = u * x[p + k] + v * x[q + k] + w * x[r + k] + z * x[s + k];
        }
        continue;
      }
      for (let k = 0; k < inner; k++) {
        let sum = 0;
        for (let t = first; t < last; t++) sum += weights[t] * x[before + columns[t] * inner + k];
        y[out + k] = sum;
      }
    }
  }
}
