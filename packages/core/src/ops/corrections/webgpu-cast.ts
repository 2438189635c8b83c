import { Cast, getKernel, type KernelFunc, Multiply, type TensorInfo } from '@tensorflow/tfjs-core';
import type { WrappedKernel } from './types';

/** What we use of tfjs's WebGPU backend. */
interface WebgpuBackend {
  makeTensorInfo(shape: number[], dtype: 'float32', values: Float32Array): TensorInfo;
  disposeData(dataId: TensorInfo['dataId']): boolean;
}

/**
 * tfjs casts booleans and integers to float by renaming the type and keeping the integers in the buffer. Kernels
 * that copy values as they are (transpose, and what is built on it) then get a shader that does not compile, and
 * the result is zeros. Here a product with 1 makes real floats.
 */
export const webgpuCast: WrappedKernel = {
  kernelName: Cast,
  backendName: 'webgpu',
  correct: (stock) => (parameters) => {
    const { inputs, attrs, backend } = parameters;
    const x = inputs.x as TensorInfo;
    const integers = x.dtype === 'int32' || x.dtype === 'bool';
    if (!integers || attrs?.dtype !== 'float32') return stock(parameters);
    const webgpu = backend as WebgpuBackend;
    const one = webgpu.makeTensorInfo([], 'float32', Float32Array.of(1));
    const { kernelFunc } = getKernel(Multiply, 'webgpu') as { kernelFunc: KernelFunc };
    const product = kernelFunc({
      inputs: { a: { ...x, dtype: 'float32' }, b: one },
      attrs: {},
      backend,
    });
    webgpu.disposeData(one.dataId);
    return product;
  },
};
