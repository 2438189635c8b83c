import { useNodeBackend } from '@latent-matte/backend-node';
import { renewWasm } from '@latent-matte/core/backend';
import * as tf from '@tensorflow/tfjs-core';
import { collectGarbage, isWorthIt } from './collect-garbage';

/**
 * Gives the heap of WebAssembly back once a large photo is searched, and starts an empty one: a heap never shrinks, and
 * what a search needed would lie beside everything that is written of the photo. To be called between two enhancements,
 * when no tensor is left.
 */
export async function freshHeap(photo: { width: number; height: number }): Promise<void> {
  // What the search left on the heap of V8 goes with it, whatever the backend.
  collectGarbage(photo);
  if (tf.getBackend() !== 'wasm' || !isWorthIt(photo) || tf.memory().numTensors > 0) return;
  renewWasm();
  // The kernels hold the heap that they were set up with last.
  await useNodeBackend({ device: 'wasm' });
  collectGarbage(photo);
}
