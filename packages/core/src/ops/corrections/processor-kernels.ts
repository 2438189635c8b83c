import type {
  backend_util,
  DataType,
  DataTypeMap,
  KernelFunc,
  NamedAttrMap,
  TensorInfo,
} from '@tensorflow/tfjs-core';
import type { NativeBackend } from './native-backend';
import type { KernelCorrection, WasmBackend } from './types';

/** A computation on plain values, as a kernel. */
export interface ProcessorKernel {
  readonly kernelName: string;
  /** Of the result, float32. */
  shape(inputs: Readonly<Record<string, TensorInfo>>, attributes: NamedAttrMap): number[];
  /** Fills `result`, which may hold anything. */
  compute(
    values: Readonly<Record<string, backend_util.TypedArray>>,
    attributes: NamedAttrMap,
    result: backend_util.TypedArray,
    inputs: Readonly<Record<string, TensorInfo>>,
  ): void;
}

/** For the backends whose values lie in the memory of this thread, or are copied there in no time. */
export function processorKernels({
  kernelName,
  shape,
  compute,
}: ProcessorKernel): readonly KernelCorrection[] {
  const on = (
    backendName: string,
    run: (
      backend: unknown,
      inputs: Readonly<Record<string, TensorInfo>>,
      attributes: NamedAttrMap,
      shape: number[],
    ) => TensorInfo,
  ): KernelCorrection => ({
    kernelName,
    backendName,
    replaces: false,
    kernelFunc: (({ inputs, attrs, backend }) => {
      const given = inputs as Record<string, TensorInfo>;
      const attributes = attrs as NamedAttrMap;
      return run(backend, given, attributes, shape(given, attributes));
    }) as KernelFunc,
  });
  const each = (
    inputs: Readonly<Record<string, TensorInfo>>,
    read: (info: TensorInfo) => backend_util.TypedArray,
  ) => Object.fromEntries(Object.entries(inputs).map(([name, info]) => [name, read(info)]));
  return [
    on('wasm', (backend, inputs, attributes, shape) => {
      const wasm = backend as WasmBackend;
      // Before any view: an allocation may invalidate those.
      const result = wasm.makeOutput(shape, 'float32');
      const read = (info: TensorInfo) => wasm.typedArrayFromHeap(info);
      compute(each(inputs, read), attributes, read(result), inputs);
      return result;
    }),
    on('cpu', (backend, inputs, attributes, shape) => {
      const cpu = backend as CpuBackend;
      const result = new Float32Array(shape.reduce((a, b) => a * b, 1));
      const read = (info: TensorInfo) => cpu.data.get(info.dataId).values;
      compute(each(inputs, read), attributes, result, inputs);
      return cpu.makeTensorInfo(shape, 'float32', result);
    }),
    on('tensorflow', (backend, inputs, attributes, shape) => {
      const native = backend as NativeBackend;
      const result = new Float32Array(shape.reduce((a, b) => a * b, 1));
      const read = (info: TensorInfo) => native.readSync(info.dataId);
      compute(each(inputs, read), attributes, result, inputs);
      return { dataId: native.write(result, shape, 'float32'), shape, dtype: 'float32' };
    }),
  ];
}

/** What we use of tfjs's cpu backend. */
interface CpuBackend {
  readonly data: { get(id: object): { values: backend_util.TypedArray } };
  makeTensorInfo(shape: number[], dtype: DataType, values: DataTypeMap['float32']): TensorInfo;
}
