import * as tf from '@tensorflow/tfjs-core';

/**
 * The values of several tensors. On a GPU every read waits for all the work before it and for the way back: there it is
 * one read of all, joined. Elsewhere the tensors are read as they are.
 *
 * @param tensors float32
 */
export async function readTogether(tensors: readonly tf.Tensor[]): Promise<Float32Array[]> {
  if (tf.getBackend() !== 'webgpu' || tensors.length < 2) {
    return Promise.all(tensors.map(async (tensor) => (await tensor.data()) as Float32Array));
  }
  const joined = tf.tidy(() => tf.concat(tensors.map((tensor) => tf.reshape(tensor, [-1]))));
  try {
    const values = (await joined.data()) as Float32Array;
    let at = 0;
    return tensors.map(({ size }) => {
      at += size;
      return values.subarray(at - size, at);
    });
  } finally {
    joined.dispose();
  }
}
