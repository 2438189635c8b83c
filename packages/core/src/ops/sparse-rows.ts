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

/** `y[b, i] = Σⱼ w[i, j] x[b, j]` for vectors of `inner` values. */
export function multiplySparseRows(
  x: backend_util.TypedArray,
  y: backend_util.TypedArray,
  { from, to, offsets, columns, weights }: SparseRows,
  batch: number,
  inner: number,
): void {
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < to; i++) {
      const first = offsets[i];
      const last = offsets[i + 1];
      const out = (b * to + i) * inner;
      if (last - first === 2) {
        const [left, right] = [weights[first], weights[first + 1]];
        const p = (b * from + columns[first]) * inner;
        const q = (b * from + columns[first + 1]) * inner;
        for (let k = 0; k < inner; k++) y[out + k] = left * x[p + k] + right * x[q + k];
        continue;
      }
      if (first === last) {
        for (let k = 0; k < inner; k++) y[out + k] = 0;
        continue;
      }
      for (let t = first; t < last; t++) {
        const weight = weights[t];
        const p = (b * from + columns[t]) * inner;
        if (t === first) for (let k = 0; k < inner; k++) y[out + k] = weight * x[p + k];
        else for (let k = 0; k < inner; k++) y[out + k] += weight * x[p + k];
      }
    }
  }
}
