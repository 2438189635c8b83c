import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelCorrection } from '../corrections/types';
import type { SparseRows } from '../sparse-rows';
import { runShader, type WebgpuBackend, widthFor } from './shader';

/** Name of the kernel that multiplies rows and columns of a map in one pass. */
export const AXIS_TABLES = 'LatentMatteAxisTables';

export interface AxisTablesAttributes {
  /** `undefined` leaves the axis as it is. */
  readonly vertical: SparseRows | undefined;
  readonly horizontal: SparseRows | undefined;
}

/** Weights of one sample of the result above which the axes are done one after the other. */
const MOST_PRODUCTS = 100;

/** Weights of a matrix as the shader reads them. */
interface Table {
  readonly info: TensorInfo;
  /** Weights of each row; rows with fewer end with zeros. */
  readonly taps: number;
}

const kept = new WeakMap<object, WeakMap<SparseRows, Table>>();

/** `[N, H, W, C]` times the matrices of both axes: the tables are uploaded once for as long as the matrices are kept. */
export const axisTablesKernel: KernelCorrection = {
  kernelName: AXIS_TABLES,
  backendName: 'webgpu',
  replaces: false,
  kernelFunc: (({ inputs, attrs, backend }) => {
    const webgpu = backend as unknown as WebgpuBackend;
    const x = inputs.x as TensorInfo;
    const plus = inputs.plus as TensorInfo | undefined;
    const { vertical, horizontal } = attrs as unknown as AxisTablesAttributes;
    const [rows, columns] = [tableOf(webgpu, vertical), tableOf(webgpu, horizontal)];
    if (rows === undefined || columns === undefined || rows.taps * columns.taps <= MOST_PRODUCTS) {
      return multiply(webgpu, x, vertical, horizontal, plus);
    }
    const between = multiply(webgpu, x, vertical, undefined);
    const y = multiply(webgpu, between, undefined, horizontal, plus);
    webgpu.disposeData(between.dataId);
    return y;
  }) as KernelFunc,
};

function multiply(
  backend: WebgpuBackend,
  x: TensorInfo,
  vertical: SparseRows | undefined,
  horizontal: SparseRows | undefined,
  plus?: TensorInfo,
): TensorInfo {
  const [n, height, width, channels] = x.shape as [number, number, number, number];
  const [newHeight, newWidth] = [vertical?.to ?? height, horizontal?.to ?? width];
  const [rows, columns] = [tableOf(backend, vertical), tableOf(backend, horizontal)];
  const step = widthFor(channels);
  const tables = [rows, columns].filter((table) => table !== undefined);
  const tap = (name: string, at: string) =>
    `let ${name}Tap = 2 * (${at}); let ${name}Weight = ${name}s[${name}Tap + 1];
     let ${name} = i32(${name}s[${name}Tap]);`;
  return runShader(
    backend,
    {
      key: `axes_${rows?.taps ?? 'all'}_${columns?.taps ?? 'all'}_${plus ? 'plus' : 'alone'}`,
      reads: [
        'x',
        ...(rows ? ['rows'] : []),
        ...(columns ? ['columns'] : []),
        ...(plus ? ['plus'] : []),
      ],
      widths: [step, ...tables.map(() => 1 as const), ...(plus ? [step] : [])],
      width: step,
      integers: ['height', 'width', 'depth', 'newHeight', 'newWidth'],
      body: `if (index < uniforms.size) {
        let c = index % uniforms.depth;
        let place = index / uniforms.depth;
        let j = place % uniforms.newWidth;
        let line = place / uniforms.newWidth;
        let i = line % uniforms.newHeight;
        let first = (line / uniforms.newHeight) * uniforms.height;
        var sum = T(0.0);
        for (var s = 0; s < ${rows?.taps ?? 1}; s++) {
          ${rows ? tap('row', `i * ${rows.taps} + s`) : 'let row = i;'}
          let start = (first + row) * uniforms.width;
          var part = T(0.0);
          for (var t = 0; t < ${columns?.taps ?? 1}; t++) {
            ${columns ? tap('column', `j * ${columns.taps} + t`) : 'let column = j;'}
            part += ${columns ? 'columnWeight * ' : ''}x[(start + column) * uniforms.depth + c];
          }
          sum += ${rows ? 'rowWeight * ' : ''}part;
        }
        result[index] = sum${plus ? ' + plus[index]' : ''};
      }`,
    },
    [x, ...tables.map(({ info }) => info), ...(plus ? [plus] : [])],
    [n, newHeight, newWidth, channels],
    { height, width, depth: channels / step, newHeight, newWidth },
  );
}

function tableOf(backend: WebgpuBackend, matrix: SparseRows | undefined): Table | undefined {
  if (matrix === undefined) return undefined;
  const tables = kept.get(backend) ?? new WeakMap<SparseRows, Table>();
  kept.set(backend, tables);
  const known = tables.get(matrix);
  if (known !== undefined) return known;
  const { to, offsets, columns, weights } = matrix;
  let taps = 1;
  for (let i = 0; i < to; i++) taps = Math.max(taps, offsets[i + 1]! - offsets[i]!);
  const values = new Float32Array(2 * to * taps);
  for (let i = 0; i < to; i++) {
    for (let k = offsets[i]!, at = 2 * i * taps; k < offsets[i + 1]!; k++, at += 2) {
      values[at] = columns[k]!;
      values[at + 1] = weights[k]!;
    }
  }
  const info = backend.makeTensorInfo([values.length], 'float32', values);
  const table = { info, taps };
  tables.set(matrix, table);
  freeWithMatrix.register(matrix, { backend: new WeakRef(backend), info });
  return table;
}

/** A matrix that nobody keeps takes its table along. */
const freeWithMatrix = new FinalizationRegistry<{
  readonly backend: WeakRef<WebgpuBackend>;
  readonly info: TensorInfo;
}>(({ backend, info }) => {
  backend.deref()?.disposeData(info.dataId);
});
