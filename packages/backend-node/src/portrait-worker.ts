/** The thread of a worker pool: enhances one portrait at a time. Started by `createWorkerPool`. */
import { parentPort } from 'node:worker_threads';
import {
  buffersOf,
  type EnhancementStep,
  enhancePortrait,
  InvalidOptionError,
} from '@latent-matte/core';
import '@latent-matte/models';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { briefly } from './activation';
import { comlink, type PortraitEvent, type PortraitWorker } from './pool-protocol';
import { useNodeBackend } from './use-node-backend';

let running: AbortController | undefined;

const worker: PortraitWorker = {
  async start(device, setup) {
    const { description } = await useNodeBackend({ device });
    if (setup !== undefined) await importSetup(setup);
    return { device: description.split(':')[0]!, description };
  },

  async enhance(image, options, listener) {
    const controller = new AbortController();
    running = controller;
    // Told without waiting, so that a busy pool does not hold up the steps; but all before the result.
    const told: unknown[] = [];
    const tell = (event: PortraitEvent) => {
      told.push(listener(comlink.transfer(event, buffersOf(event))));
    };
    try {
      const result = await enhancePortrait(image, {
        ...options,
        signal: controller.signal,
        onPhase: (phase) => tell({ phase }),
        onProgress: (step: EnhancementStep) => tell({ step }),
      });
      return comlink.transfer(result, buffersOf(result));
    } finally {
      running = undefined;
      await Promise.all(told);
      (listener as unknown as comlink.Remote<object>)[comlink.releaseProxy]();
    }
  },

  abort: () => running?.abort(),
};

async function importSetup(setup: string): Promise<void> {
  try {
    await import(setup);
  } catch (cause) {
    throw new InvalidOptionError(
      `The setup module ${setup} fails in the worker (${briefly(cause)}).`,
      'Give the URL of a JavaScript module that registers models and runs in Node.',
    );
  }
}

if (parentPort === null) throw new Error('portrait-worker.js is started by createWorkerPool.');
comlink.expose(worker, nodeEndpoint(parentPort));
