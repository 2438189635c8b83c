import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgpu';
import { installCorrections } from '@latent-matte/core/internals';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe } from 'vitest';

/** Stands in for `each-backend.ts` and `every-backend.ts` of test-kit in a page: the same tests, on WebGPU. */
export type TestBackend = 'cpu' | 'wasm' | 'tensorflow' | 'webgpu';

export function eachBackend(body: (backend: TestBackend) => void): void {
  describe('on webgpu', () => {
    beforeAll(async () => {
      if (!(await tf.setBackend('webgpu'))) throw new Error('tfjs cannot start "webgpu"');
      installCorrections();
    });
    body('webgpu');
  });
}

export const everyBackend = eachBackend;
