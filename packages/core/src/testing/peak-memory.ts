import * as tf from '@tensorflow/tfjs-core';

export interface PeakMemory<T> {
  readonly result: T;
  /** Largest number of bytes in tensors at any moment of `run`, beyond those alive before it. */
  readonly peakBytes: number;
}

/**
 * Runs something synchronous and measures the tensor memory it needs at its peak: looked at whenever a tensor is
 * made, so nothing between two kernels is missed. Scratch memory inside a kernel is the backend's and not counted.
 */
export function measurePeakMemory<T>(run: () => T): PeakMemory<T> {
  const engine = tf.engine() as unknown as {
    state: { numBytes: number };
    trackTensor: (...args: unknown[]) => void;
  };
  const before = engine.state.numBytes;
  let peak = before;
  const own = Object.getOwnPropertyDescriptor(engine, 'trackTensor');
  const track = engine.trackTensor;
  engine.trackTensor = function (this: unknown, ...args) {
    track.apply(this, args);
    peak = Math.max(peak, engine.state.numBytes);
  };
  try {
    const result = run();
    return { result, peakBytes: peak - before };
  } finally {
    if (own === undefined) Reflect.deleteProperty(engine, 'trackTensor');
    else Object.defineProperty(engine, 'trackTensor', own);
  }
}
