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

/** Values of a constant that is kept, as of `tf.tensor1d([0, 1, 2])`. */
const LONGEST = 16;

/** Constants that are kept on a device. Those that change at every step would fill it. */
const MOST = 512;

const kept = new WeakMap<object, Map<string, tf.TensorInfo>>();

/**
 * The number 2 of `tf.mul(x, 2)` is a tensor, which tfjs uploads at every call. Here one of each value stays on the
 * device: a step of the search uploaded 370 of them.
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
  if (info.dtype !== 'float32' || tf.util.sizeFromShape(info.shape) > LONGEST) return info;
  const { values, resource } = backend.tensorMap.get(info.dataId);
  if (resource !== undefined && resource !== null) return info;
  if (values === undefined || values === null) return info;
  const numbers = kept.get(backend) ?? new Map<string, tf.TensorInfo>();
  kept.set(backend, numbers);
  const key = Array.from(values as ArrayLike<number>).join();
  let found = numbers.get(key);
  if (found === undefined) {
    if (numbers.size >= MOST) return info;
    const copy = Float32Array.from(values as ArrayLike<number>);
    found = backend.makeTensorInfo([copy.length], 'float32', copy);
    numbers.set(key, found);
  }
  return { ...found, shape: info.shape };
}
