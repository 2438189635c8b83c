import * as tf from '@tensorflow/tfjs-core';

/**
 * Takes the WebAssembly backend out, so that the next `setBackend` makes a new instance with an empty heap; kernels stay
 * registered. After a trap the heap is in an unknown state, and a full one makes later results silently zero.
 */
export function renewWasm(): void {
  const factory = tf.findBackendFactory('wasm');
  const instance: { dispose(): void } | null = tf.engine().registry.wasm ?? null;
  // Its own would run on the broken heap.
  if (instance !== null) instance.dispose = () => undefined;
  tf.removeBackend('wasm');
  tf.registerBackend('wasm', factory, 2);
}
