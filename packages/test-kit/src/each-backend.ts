import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { installCorrections } from '@latent-matte/core/internals';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe } from 'vitest';

/** `cpu` and `wasm` run wherever our tests run; see `everyBackend` for the other two. */
export type TestBackend = 'cpu' | 'wasm' | 'tensorflow' | 'webgpu';

/** Registers the same tests once per backend. */
export function eachBackend(
  body: (backend: TestBackend) => void,
  backends: readonly TestBackend[] = ['cpu', 'wasm'],
): void {
  describe.each(backends)('on %s', (backend) => {
    beforeAll(async () => {
      if (!(await tf.setBackend(backend))) throw new Error(`tfjs cannot start "${backend}"`);
      installCorrections();
      // The first tensor on cpu prints an advice to install tfjs-node, except in tests of tfjs itself.
      tf.env().set('IS_TEST', true);
      tf.scalar(0).dispose();
      tf.env().set('IS_TEST', false);
    });
    body(backend);
  });
}
