import { Cast, Reshape, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { NativeBackend } from './native-backend';
import type { WrappedKernel } from './types';

/**
 * tfjs-node asks TensorFlow for every cast and every reshape, of which most change nothing: pools cast what they return to
 * the type that it has, and gradients of sums and products are brought to the shape that they have. Here those are a second name
 * for the same memory, as on every other backend: of 3,500 kernels in a step of `paper` 300.
 */
export const nativeCopies: readonly WrappedKernel[] = [
  {
    kernelName: Cast,
    backendName: 'tensorflow',
    correct: (stock) => (parameters) => {
      const x = parameters.inputs.x as TensorInfo;
      return parameters.attrs?.dtype === x.dtype
        ? shared(x, parameters.backend)
        : stock(parameters);
    },
  },
  {
    kernelName: Reshape,
    backendName: 'tensorflow',
    correct: (stock) => (parameters) => {
      const x = parameters.inputs.x as TensorInfo;
      const shape = parameters.attrs?.shape as unknown as number[];
      return util.arraysEqual(shape, x.shape) ? shared(x, parameters.backend) : stock(parameters);
    },
  },
];

function shared({ dataId, shape, dtype }: TensorInfo, backend: unknown): TensorInfo {
  (backend as NativeBackend).incRef(dataId);
  return { dataId, shape, dtype };
}
