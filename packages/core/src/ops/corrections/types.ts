import type {
  backend_util,
  DataType,
  GradFunc,
  KernelFunc,
  TensorInfo,
} from '@tensorflow/tfjs-core';

/** A gradient that takes the place of tfjs's, and hands it what it does right. */
export interface GradientCorrection {
  readonly kernelName: string;
  correct(stock: GradFunc): GradFunc;
}

/** A kernel that a backend lacks, or has wrong. */
export interface KernelCorrection {
  readonly kernelName: string;
  readonly backendName: string;
  readonly kernelFunc: KernelFunc;
  /** Whether the backend has a kernel of that name. */
  readonly replaces: boolean;
}

/** A kernel that takes the place of a backend's, and hands it what it does right. */
export interface WrappedKernel {
  readonly kernelName: string;
  readonly backendName: string;
  correct(stock: KernelFunc): KernelFunc;
}

/** What we use of tfjs's wasm backend. */
export interface WasmBackend {
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
  /** One more tensor that shares the memory. */
  incRef(dataId: object): void;
  /** A view; any allocation may invalidate it. */
  typedArrayFromHeap(info: TensorInfo): backend_util.TypedArray;
}
