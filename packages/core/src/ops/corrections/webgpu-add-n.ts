import { AddN, type TensorInfo } from '@tensorflow/tfjs-core';
import type { WrappedKernel } from './types';

/** What we use of tfjs's WebGPU backend. */
interface WebgpuBackend {
  readonly device: { readonly limits: { readonly maxStorageBuffersPerShaderStage: number } };
  disposeData(dataId: TensorInfo['dataId']): boolean;
}

/**
 * tfjs sums all tensors in one shader, whatever their number. A shader may read few buffers (8 unless asked for more, one of
 * them the result); beyond that the pipeline is invalid and the result stays zeros, without an error. Here what is too much
 * for one shader is summed in several.
 */
export const webgpuAddN: WrappedKernel = {
  kernelName: AddN,
  backendName: 'webgpu',
  correct: (stock) => (parameters) => {
    const { backend } = parameters;
    const { device, disposeData } = backend as WebgpuBackend;
    const most = Math.max(2, device.limits.maxStorageBuffersPerShaderStage - 1);
    const terms = Object.values(parameters.inputs) as TensorInfo[];
    const sumOf = (inputs: readonly TensorInfo[]) =>
      stock({ ...parameters, inputs: inputs as never }) as TensorInfo;
    if (terms.length <= most) return sumOf(terms);
    let sum = sumOf(terms.slice(0, most));
    for (let at = most; at < terms.length; at += most - 1) {
      const next = sumOf([sum, ...terms.slice(at, at + most - 1)]);
      disposeData.call(backend, sum.dataId);
      sum = next;
    }
    return sum;
  },
};
