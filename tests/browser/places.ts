import { useWebBackend, type WebBackend, type WebDevice } from '@latent-matte/backend-web';
import wasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import * as tf from '@tensorflow/tfjs-core';
import { loseDevice, type Question, questions } from './lose-device';

export const wasmPaths = {
  'tfjs-backend-wasm.wasm': wasm,
  'tfjs-backend-wasm-simd.wasm': simd,
  'tfjs-backend-wasm-threaded-simd.wasm': threaded,
};

export type Place = 'page' | 'worker';

/** A backend and what only its own thread knows. */
export interface Started {
  readonly backend: WebBackend;
  tensors(): Promise<number>;
  loseDevice(): Promise<void>;
}

/** Starts a device on this thread, or in a worker that knows the mock models. */
export async function start(place: Place, device: WebDevice): Promise<Started> {
  if (place === 'page') {
    return {
      backend: await useWebBackend({ device, wasmPaths }),
      tensors: async () => tf.memory().numTensors,
      loseDevice,
    };
  }
  const worker = new Worker(new URL('./mock-worker.ts', import.meta.url), { type: 'module' });
  const backend = await useWebBackend({ device, wasmPaths, worker });
  const ask = async (question: Question): Promise<number> => {
    const channel = new BroadcastChannel(questions);
    const answer = new Promise<number>((resolve) => {
      channel.onmessage = ({ data }) => resolve(data.tensors);
    });
    channel.postMessage(question);
    try {
      return await answer;
    } finally {
      channel.close();
    }
  };
  return {
    backend,
    tensors: () => ask('count'),
    loseDevice: async () => void (await ask('lose the device')),
  };
}
