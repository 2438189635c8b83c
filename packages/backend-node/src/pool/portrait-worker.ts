/** The thread of a worker pool: enhances or generates, one thing at a time. Started by `createWorkerPool`. */
import { parentPort } from 'node:worker_threads';
import {
  buffersOf,
  type EnhancementStep,
  enhancePortrait,
  InvalidOptionError,
  PairGenerator,
} from '@latent-matte/core';
import '@latent-matte/models';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { briefly } from '../device/activation';
import { useNodeBackend } from '../device/use-node-backend';
import { comlink, type PortraitEvent, type PortraitWorker } from './pool-protocol';

let running: AbortController | undefined;
let pairs: PairGenerator | undefined;

const worker: PortraitWorker = {
  async start(device, setup) {
    const { description } = await useNodeBackend({ device });
    if (setup !== undefined) await importSetup(setup);
    return { device: description.split(':')[0]!, description };
  },

  enhance: (image, options, listener) =>
    reporting(listener, async (tell, signal) => {
      const say = (event: PortraitEvent) => tell(comlink.transfer(event, buffersOf(event)));
      return await enhancePortrait(image, {
        ...options,
        signal,
        onProgress: (step: EnhancementStep) => say({ step }),
        advanced: { onPhase: (phase) => say({ phase }) },
      });
    }),

  async prepare(options) {
    pairs?.dispose();
    pairs = undefined;
    pairs = await PairGenerator.create(options);
  },

  generate: (indices, listener) =>
    reporting(listener, (tell, signal) => pairs!.generate(indices, { signal, onStep: tell })),

  abort: () => running?.abort(),
};

/** Runs something that can be aborted and tells a listener of the pool's thread how far it is. */
async function reporting<Event, Result>(
  listener: (event: Event) => void,
  run: (tell: (event: Event) => void, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  running = controller;
  // Told without waiting, so that a busy pool does not hold up the steps; but all before the result.
  const told: unknown[] = [];
  try {
    const result = await run((event) => told.push(listener(event)), controller.signal);
    return comlink.transfer(result, buffersOf(result));
  } finally {
    running = undefined;
    await Promise.all(told);
    (listener as unknown as comlink.Remote<object>)[comlink.releaseProxy]();
  }
}

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
