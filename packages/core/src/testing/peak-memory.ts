import * as tf from '@tensorflow/tfjs-core';

export interface PeakMemory<T> {
  readonly result: T;
  /** Largest number of bytes in buffers made by `run` and alive at once. */
  readonly peakBytes: number;
}

interface Engine {
  readonly state: { readonly tensorInfo: { has(dataId: object): boolean } };
  trackTensor(tensor: tf.Tensor, backend: unknown): void;
  disposeTensor(tensor: tf.Tensor): void;
}

/**
 * Runs something synchronous and measures the tensor memory it needs at its peak: looked at whenever a tensor is
 * made, so nothing between two kernels is missed. Every buffer counts once, however many clones and reshaped views
 * share it (`tf.memory().numBytes` counts each of them). Scratch memory inside a kernel is the backend's and not counted.
 *
 * ```ts
 * import { measurePeakMemory } from '@latent-matte/core/testing';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const square = () => tf.tidy(() => tf.square(tf.zeros([256])));
 * const { result, peakBytes } = measurePeakMemory(square);
 * console.log(peakBytes); // 2048: both vectors, of which one is left
 * ```
 */
export function measurePeakMemory<T>(run: () => T): PeakMemory<T> {
  const engine = tf.engine() as unknown as Engine;
  const { trackTensor, disposeTensor } = engine;
  const buffers = new Map<object, number>();
  let bytes = 0;
  let peakBytes = 0;
  engine.trackTensor = (tensor, backend) => {
    const shared = engine.state.tensorInfo.has(tensor.dataId);
    trackTensor.call(engine, tensor, backend);
    if (shared) return;
    const size = tensor.size * tf.util.bytesPerElement(tensor.dtype);
    buffers.set(tensor.dataId, size);
    bytes += size;
    peakBytes = Math.max(peakBytes, bytes);
  };
  engine.disposeTensor = (tensor) => {
    disposeTensor.call(engine, tensor);
    if (engine.state.tensorInfo.has(tensor.dataId)) return;
    bytes -= buffers.get(tensor.dataId) ?? 0;
    buffers.delete(tensor.dataId);
  };
  try {
    const result = run();
    return { result, peakBytes };
  } finally {
    // Both were found on the prototype.
    Reflect.deleteProperty(engine, 'trackTensor');
    Reflect.deleteProperty(engine, 'disposeTensor');
  }
}
