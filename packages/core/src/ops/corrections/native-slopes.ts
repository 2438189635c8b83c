import * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from './native-backend';
import type { KernelCorrection } from './types';

/** Name of the kernel dy where 0 < y, or 0 < y < 6, and 0 elsewhere. */
const SLOPE = 'LatentMatteNativeSlope';

/** TensorFlow has these gradients as kernels of its own; by tfjs they are a comparison, a cast and products. */
export const nativeSlopes: KernelCorrection = {
  kernelName: SLOPE,
  backendName: 'tensorflow',
  replaces: false,
  kernelFunc: ({ inputs, attrs, backend }) => {
    const native = backend as unknown as NativeBackend;
    const { dy, y } = inputs as Record<'dy' | 'y', tf.TensorInfo>;
    const { activation } = attrs as unknown as { activation: 'relu' | 'relu6' };
    const type = { name: 'T', type: native.binding.TF_ATTR_TYPE, value: native.binding.TF_FLOAT };
    const name = activation === 'relu' ? 'ReluGrad' : 'Relu6Grad';
    return native.executeSingleOutput(name, [type], [dy, y]);
  },
};

/** Whether {@link nativeSlope} is there. */
export const hasNativeSlopes = (): boolean => tf.getKernel(SLOPE, tf.getBackend()) !== undefined;

/** dy times the slope of an activation, by its value y or by what it was given; `undefined` on other backends. */
export function nativeSlope<T extends tf.Tensor>(
  dy: T,
  y: tf.Tensor,
  activation: 'relu' | 'relu6',
): T | undefined {
  if (!hasNativeSlopes()) return undefined;
  return tf.engine().runKernel<T>(SLOPE, { dy, y }, { activation });
}
