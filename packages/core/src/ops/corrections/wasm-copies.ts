import { Identity, Reverse, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { WasmBackend, WrappedKernel } from './types';

/** From this many values on, a run of them is moved by one call rather than one by one. */
const LONG_RUN = 32;

/**
 * tfjs copies all of a tensor for `tf.clone`, and works out the place of every value for `tf.reverse`. Here a clone is
 * a second name for the same memory, as on every other backend, and a reversed axis moves the runs behind it. Booleans, which tfjs reverses wrongly there,
 * come out right too.
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
];

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
