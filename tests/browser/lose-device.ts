import * as tf from '@tensorflow/tfjs-core';

/** Name of the channel to `mock-worker.ts`. */
export const questions = 'latent-matte-tests';
export type Question = 'count' | 'lose the device';

/** Destroys the GPU device of this thread, and waits until the browser has noticed. */
export async function loseDevice(): Promise<void> {
  const { device } = tf.backend() as unknown as { device: GPUDevice };
  device.destroy();
  await device.lost;
}
