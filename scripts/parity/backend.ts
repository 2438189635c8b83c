import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import '@latent-matte/core/gradients';

/**
 * Activates the tfjs backend the checks compute on: `cpu` and `wasm` come from npm alone, every other name goes
 * to `useNodeBackend({ device })` of the built package.
 */
export async function activateBackend(name: string): Promise<void> {
  switch (name) {
    case 'cpu':
      await import('@tensorflow/tfjs-backend-cpu');
      break;
    case 'wasm': {
      const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
      const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
      setWasmPaths(entry.replace(/[^/\\]+$/, ''));
      break;
    }
    default: {
      const { useNodeBackend } = await import('@latent-matte/backend-node');
      await useNodeBackend({ device: name as 'auto' });
      return;
    }
  }
  if (!(await tf.setBackend(name))) throw new Error(`tfjs could not start its ${name} backend.`);
  await tf.ready();
}
