import '@latent-matte/core/gradients';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe } from 'vitest';

/** Stands in for `packages/core/src/testing/each-backend.ts` in a page: the same tests, on WebGPU. */
export type TestBackend = 'cpu' | 'wasm' | 'webgpu';

export function eachBackend(body: (backend: TestBackend) => void): void {
  describe('on webgpu', () => {
    beforeAll(async () => {
      if (!(await tf.setBackend('webgpu'))) throw new Error('tfjs cannot start "webgpu"');
    });
    body('webgpu');
  });
}
