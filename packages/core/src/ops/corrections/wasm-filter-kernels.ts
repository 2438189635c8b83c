import {
  Conv2DBackpropFilter,
  DepthwiseConv2dNativeBackpropFilter,
  DepthwiseConv2dNativeBackpropInput,
  type NamedAttrMap,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { BackendError } from '../../errors';
import { depthwiseInputGradient } from '../depthwise-convolution';
import { depthwiseFilterGradient, filterGradient } from '../filter-gradient';
import type { Geometry } from '../linear-convolution';
import { geometryOfAttributes } from './geometry-of-attributes';
import type { KernelCorrection } from './types';

/** Made of wasm's own kernels; tfjs hands kernels the tensors themselves. */
const kernel = (
  kernelName: string,
  run: (inputs: Record<string, Tensor4D>, attributes: NamedAttrMap) => Tensor4D,
): KernelCorrection => ({
  kernelName,
  backendName: 'wasm',
  replaces: false,
  kernelFunc: ({ inputs, attrs }) =>
    run(inputs as unknown as Record<string, Tensor4D>, attrs as NamedAttrMap),
});

function geometry(
  attributes: NamedAttrMap,
  input: readonly number[],
  filter: readonly number[],
  depthwise: boolean,
): Geometry {
  const found = geometryOfAttributes(attributes, input, filter, depthwise);
  if (found === undefined) {
    throw new BackendError(
      'This convolution has no gradient on wasm: maps that are not NHWC, or strides that differ.',
      'Use another device for it.',
    );
  }
  return found;
}

/** Kernels of fine-tuning that tfjs's wasm backend lacks. */
export const wasmFilterKernels: readonly KernelCorrection[] = [
  kernel(Conv2DBackpropFilter, ({ x, dy }, attributes) => {
    const shape = attributes.filterShape as number[];
    const size = [shape[0], shape[1]] as const;
    return filterGradient(x, dy, size, geometry(attributes, x.shape, shape, false));
  }),
  kernel(DepthwiseConv2dNativeBackpropFilter, ({ x, dy }, attributes) => {
    const shape = attributes.filterShape as number[];
    const size = [shape[0], shape[1]] as const;
    return depthwiseFilterGradient(x, dy, size, geometry(attributes, x.shape, shape, true));
  }),
  kernel(DepthwiseConv2dNativeBackpropInput, ({ dy, filter }, attributes) => {
    const shape = attributes.inputShape as number[];
    const size = [shape[1], shape[2]] as const;
    return depthwiseInputGradient(
      dy,
      filter,
      size,
      geometry(attributes, shape, filter.shape, true),
    );
  }),
];
