import {
  backend_util,
  Identity,
  Reverse,
  Slice,
  SplitV,
  slice_util,
  type Tensor,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import type { WasmBackend, WrappedKernel } from './types';

/** From this many values on, a run of them is moved by one call rather than one by one. */
const LONG_RUN = 32;

/**
 * tfjs copies all of a tensor for `tf.clone`, and works out the place of every value for `tf.reverse`. Here a clone is
 * a second name for the same memory, as on every other backend, and a reversed axis moves the runs behind it. Booleans, which tfjs reverses wrongly there,
 * come out right too. For `tf.slice` and `tf.split` tfjs copies all that it cuts from, and then pixel by pixel; here whole runs are copied,
 * as long as the axes behind are taken whole.
 */
export const wasmCopies: readonly WrappedKernel[] = [
  {
    kernelName: Identity,
    backendName: 'wasm',
    correct: (stock) => (parameters) => {
      const { dataId, shape, dtype } = parameters.inputs.x as TensorInfo;
      if (dtype === 'string') return stock(parameters);
      (parameters.backend as WasmBackend).incRef(dataId);
      return { dataId, shape, dtype };
    },
  },
  {
    kernelName: Reverse,
    backendName: 'wasm',
    correct: (stock) => (parameters) => {
      const x = parameters.inputs.x as TensorInfo;
      if (x.dtype === 'string') return stock(parameters);
      const axes = util.parseAxisParam(parameters.attrs?.dims as number[], x.shape);
      const wasm = parameters.backend as WasmBackend;
      const out = wasm.makeOutput(x.shape, x.dtype);
      const [from, to] = [wasm.typedArrayFromHeap(x), wasm.typedArrayFromHeap(out)];
      if (axes.length === 0) to.set(from);
      for (const [i, axis] of axes.entries()) {
        reverseAxis(i === 0 ? from : to.slice(), to, x.shape, axis);
      }
      return out;
    },
  },
  {
    kernelName: Slice,
    backendName: 'wasm',
    correct: (stock) => (parameters) => {
      const x = parameters.inputs.x as TensorInfo;
      const { begin, size } = parameters.attrs as unknown as Record<'begin' | 'size', number[]>;
      const [first, length] = slice_util.parseSliceParams(x as Tensor, begin, size);
      const fits = x.shape.every((side, i) => first[i]! >= 0 && first[i]! + length[i]! <= side);
      if (x.dtype === 'string' || x.shape.length === 0 || !fits) return stock(parameters);
      return part(parameters.backend as WasmBackend, x, first, length);
    },
  },
  {
    kernelName: SplitV,
    backendName: 'wasm',
    correct: (stock) => (parameters) => {
      const x = parameters.inputs.x as TensorInfo;
      if (x.dtype === 'string') return stock(parameters);
      const { axis, numOrSizeSplits } = parameters.attrs as unknown as {
        axis: number;
        numOrSizeSplits: number | number[];
      };
      const [split] = util.parseAxisParam(axis, x.shape) as [number];
      let at = 0;
      return backend_util.prepareSplitSize(x as Tensor, numOrSizeSplits, split).map((length) => {
        const first = x.shape.map((_, i) => (i === split ? at : 0));
        const size = x.shape.map((side, i) => (i === split ? length : side));
        at += length;
        return part(parameters.backend as WasmBackend, x, first, size);
      });
    },
  },
];

/** A part of a tensor, as a tensor of its own. */
function part(
  wasm: WasmBackend,
  x: TensorInfo,
  first: readonly number[],
  size: readonly number[],
): TensorInfo {
  const out = wasm.makeOutput([...size], x.dtype);
  copyPart(wasm.typedArrayFromHeap(x), wasm.typedArrayFromHeap(out), x.shape, first, size);
  return out;
}

type Values = ReturnType<WasmBackend['typedArrayFromHeap']>;

function reverseAxis(from: Values, to: Values, shape: readonly number[], axis: number): void {
  const length = shape[axis] ?? 1;
  const run = util.sizeFromShape(shape.slice(axis + 1));
  const outer = util.sizeFromShape(shape.slice(0, axis));
  for (let o = 0; o < outer; o++) {
    let source = o * length * run;
    let target = source + (length - 1) * run;
    for (let i = 0; i < length; i++, source += run, target -= run) {
      if (run >= LONG_RUN) to.set(from.subarray(source, source + run), target);
      else for (let k = 0; k < run; k++) to[target + k] = from[source + k]!;
    }
  }
}

/** Copies the part of `shape` that begins at `first` and is as large as `size`. */
function copyPart(
  from: Values,
  to: Values,
  shape: readonly number[],
  first: readonly number[],
  size: readonly number[],
): void {
  // Behind this axis everything is taken.
  let last = shape.length - 1;
  while (last > 0 && size[last] === shape[last]) last--;
  const inner = util.sizeFromShape(shape.slice(last + 1));
  const run = size[last]! * inner;
  const copyAxis = (axis: number, source: number, target: number): void => {
    const begin = source * shape[axis]! + first[axis]!;
    if (axis === last) {
      const start = begin * inner;
      if (run >= LONG_RUN) to.set(from.subarray(start, start + run), target * run);
      else for (let k = 0; k < run; k++) to[target * run + k] = from[start + k]!;
      return;
    }
    for (let i = 0; i < size[axis]!; i++) copyAxis(axis + 1, begin + i, target * size[axis]! + i);
  };
  if (run > 0) copyAxis(0, 0, 0);
}
