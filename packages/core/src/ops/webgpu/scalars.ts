import * as tf from '@tensorflow/tfjs-core';
import type { WrappedKernel } from '../corrections/types';
import type { WebgpuBackend } from './shader';

/** Kernels that are given numbers of a program as tensors of one value. */
const KERNELS = [
  tf.Add,
  tf.Sub,
  tf.Multiply,
  tf.RealDiv,
  tf.Maximum,
  tf.Minimum,
  tf.Greater,
  tf.GreaterEqual,
  tf.Less,
  tf.LessEqual,
  tf.Pow,
];

/** Numbers that are kept on a device. Those that change at every step would fill it. */
const MOST = 512;

const kept = new WeakMap<object, Map<number, tf.TensorInfo>>();

/**
 * The number 2 of `tf.mul(x, 2)` is a tensor, which tfjs uploads at every call. Here one of each value stays on the
 * device: a step of the search uploaded 370.
 */
export const webgpuScalars: readonly WrappedKernel[] = KERNELS.map((kernelName) => ({
  kernelName,
  backendName: 'webgpu',
  correct: (stock) => (parameters) => {
    const backend = parameters.backend as unknown as WebgpuBackend;
    const { a, b } = parameters.inputs as Record<'a' | 'b', tf.TensorInfo>;
    const inputs = { a: onDevice(backend, a), b: onDevice(backend, b) };
    return stock({ ...parameters, inputs });
  },
}));

function onDevice(backend: WebgpuBackend, info: tf.TensorInfo): tf.TensorInfo {
  if (info.dtype !== 'float32' || tf.util.sizeFromShape(info.shape) !== 1) return info;
  const { values, resource } = backend.tensorMap.get(info.dataId);
  if (resource !== undefined && resource !== null) return info;
  const value = (values as ArrayLike<number> | undefined)?.[0];
  if (value === undefined) return info;
  const numbers = kept.get(backend) ?? new Map<number, tf.TensorInfo>();
  kept.set(backend, numbers);
  let found = numbers.get(value);
  if (found === undefined) {
    if (numbers.size >= MOST) return info;
    found = backend.makeTensorInfo([], 'float32', Float32Array.of(value));
    numbers.set(value, found);
  }
  return { ...found, shape: info.shape };
}
