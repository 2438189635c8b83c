/** The thread of a worker pool: runs long calls, one at a time. Started by `createWorkerPool`. */
import { parentPort, workerData } from 'node:worker_threads';
import { InvalidOptionError, keepModels } from '@latent-matte/core';
import { answerCall, briefly, buffersOf, drainSteps } from '@latent-matte/core/backend';
import { PairGenerator } from '@latent-matte/core/generate';
import { interruptWhen } from '@latent-matte/core/internal';
import '@latent-matte/models';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { useNodeBackend } from '../device/use-node-backend';
import { type CallEvent, comlink, type PortraitWorker, type Pull } from './pool-protocol';

const { unheard } = workerData as { readonly unheard: Int32Array };
interruptWhen(() => Atomics.load(unheard, 0) === 1);

let running: AbortController | undefined;
let pairs: PairGenerator | undefined;

const worker: PortraitWorker = {
  async start(options, setup) {
    const { chosenDevice, description } = await useNodeBackend(options);
    // For the calls that come, as long as the thread lives.
    keepModels();
    if (setup !== undefined) await importSetup(setup);
    return { device: chosenDevice, description };
  },

  run: (call, listener, pull) =>
    reporting(listener, async (tell, signal) => {
      const say = (event: CallEvent) => tell(comlink.transfer(event, buffersOf(event)));
      const steps = answerCall(call, signal, {
        tell: (name, event) => say({ listener: name, event }),
        pull: pull ?? nothing,
      });
      try {
        return await drainSteps(steps, (step) => say({ step }));
      } finally {
        if (pull !== undefined) release(pull);
      }
    }),

  async prepare(options) {
    pairs?.dispose();
    pairs = undefined;
    pairs = await PairGenerator.create(options);
  },

  generate: (indices, listener) =>
    reporting(listener, (tell, signal) => pairs!.generate(indices, { signal, onStep: tell })),

  abort() {
    // From here on it is a signal like any other, and the best result so far is made.
    Atomics.store(unheard, 0, 0);
    running?.abort();
  },
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
    const buffers = buffersOf(result);
    // What has nothing to move may be no object at all.
    return buffers.length > 0 ? comlink.transfer(result, buffers) : result;
  } finally {
    running = undefined;
    await Promise.all(told);
    release(listener);
  }
}

/** Closes the channel of a function that came over. */
const release = (remote: unknown): void =>
  (remote as comlink.Remote<object>)[comlink.releaseProxy]();

const nothing: Pull = async () => ({ done: true, value: undefined });

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
