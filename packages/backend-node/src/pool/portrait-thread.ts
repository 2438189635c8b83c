import { Worker } from 'node:worker_threads';
import { AbortedError, BackendError } from '@latent-matte/core';
import { briefly, buffersOf, plainCopy, type SplitCall } from '@latent-matte/core/backend';
import type { GeneratedPair, PairHooks, PairOptions } from '@latent-matte/core/generate';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { setNativeEnvironment } from '../device/native-environment';
import { entryFile } from '../entry-file';
import {
  type CallEvent,
  comlink,
  type PairListener,
  type PortraitWorker,
  type Pull,
  type WorkerBackend,
  type WorkerBackendOptions,
} from './pool-protocol';

/**
 * Milliseconds from an abort to the end of a thread that does not hear it. Between steps and between the nodes of an
 * ONNX graph it does; what does not end by then is one operation, or a loop in a model of the caller.
 */
export const MOST_PATIENCE = 60_000;

/** One worker thread of a pool, seen from outside. Does one thing at a time. */
export class PortraitThread {
  readonly backend: WorkerBackend;
  readonly #worker: Worker;
  /** 1 while an abort has not been heard: seen from the thread in the middle of its work. */
  readonly #unheard: Int32Array;
  readonly #remote: comlink.Remote<PortraitWorker>;
  /** Rejects when the thread ends; never resolves. */
  readonly #death: Promise<never>;
  /** The options whose models the thread holds. */
  #prepared: PairOptions | undefined;
  #alive = true;
  #ended = false;

  static async start(
    options: WorkerBackendOptions,
    setup: string | undefined,
  ): Promise<PortraitThread> {
    const unheard = new Int32Array(new SharedArrayBuffer(4));
    setNativeEnvironment();
    const worker = new Worker(entryFile('portrait-worker'), {
      execArgv: [],
      workerData: { unheard },
    });
    const death = deathOf(worker);
    const remote = comlink.wrap<PortraitWorker>(nodeEndpoint(worker));
    try {
      const backend = await Promise.race([remote.start(options, setup), death]);
      return new PortraitThread(worker, unheard, remote, death, backend);
    } catch (error) {
      await worker.terminate();
      throw error;
    }
  }

  private constructor(
    worker: Worker,
    unheard: Int32Array,
    remote: comlink.Remote<PortraitWorker>,
    death: Promise<never>,
    backend: WorkerBackend,
  ) {
    this.#worker = worker;
    this.#unheard = unheard;
    this.#remote = remote;
    this.#death = death;
    this.backend = backend;
    worker.unref();
    death.catch(() => {
      this.#alive = false;
    });
  }

  /** False once the thread crashed or was ended. */
  get alive(): boolean {
    return this.#alive;
  }

  /** A long call to its end. */
  async run(
    { plain, signal, listeners, source }: SplitCall,
    onStep: ((step: unknown) => void) | undefined,
  ): Promise<unknown> {
    try {
      return await this.#work(signal, (guarded) => {
        const listen = guarded((event: CallEvent) => {
          if ('step' in event) onStep?.(event.step);
          else listeners.get(event.listener)?.(event.event);
        });
        const pull: Pull = async () => {
          const { done, value } = await source!.next();
          const picture = plainCopy(value);
          return done
            ? { done, value: undefined }
            : { done: false, value: comlink.transfer(picture as object, buffersOf(picture)) };
        };
        return this.#remote.run(
          comlink.transfer(plain, buffersOf(plain)),
          comlink.proxy(listen),
          source && comlink.proxy(pull),
        );
      });
    } finally {
      await source?.return?.();
    }
  }

  async generate(
    indices: readonly number[],
    options: PairOptions,
    { signal, onStep }: PairHooks,
  ): Promise<GeneratedPair[]> {
    return await this.#work(signal, async (guarded) => {
      if (this.#prepared !== options) {
        this.#prepared = undefined;
        await this.#remote.prepare(options);
        this.#prepared = options;
      }
      signal?.throwIfAborted();
      const listen = guarded<Parameters<PairListener>[0]>((step) => onStep?.(step));
      return await this.#remote.generate(indices, comlink.proxy(listen));
    });
  }

  /**
   * Runs something in the thread, until it is done, the signal fires or the thread dies.
   *
   * @param start is given what makes listeners whose errors end the run, as without a thread
   */
  async #work<Result>(
    signal: AbortSignal | undefined,
    start: (
      guarded: <Event>(listener: (event: Event) => void) => (event: Event) => void,
    ) => Promise<Result>,
  ): Promise<Result> {
    let thrown: { error: unknown } | undefined;
    let overdue: NodeJS.Timeout | undefined;
    let unheard = false;
    Atomics.store(this.#unheard, 0, 0);
    const abort = () => {
      Atomics.store(this.#unheard, 0, 1);
      void this.#remote.abort();
      // A thread in the middle of one operation, or in an endless loop of a model, hears nothing.
      overdue ??= setTimeout(() => {
        unheard = true;
        void this.#worker.terminate();
      }, MOST_PATIENCE);
    };
    const guarded =
      <Event>(listener: (event: Event) => void) =>
      (event: Event) => {
        try {
          listener(event);
        } catch (error) {
          thrown ??= { error };
          abort();
        }
      };
    signal?.addEventListener('abort', abort, { once: true });
    this.#worker.ref();
    try {
      const result = await Promise.race([start(guarded), this.#death]);
      if (thrown !== undefined) throw thrown.error;
      return result;
    } catch (error) {
      if (thrown !== undefined) throw thrown.error;
      if (unheard) {
        throw new AbortedError('Cancelled; the thread did not answer, and was ended.', undefined, {
          cause: error,
        });
      }
      if (this.#ended) throw new AbortedError('The pool was closed.', undefined, { cause: error });
      throw error;
    } finally {
      clearTimeout(overdue);
      signal?.removeEventListener('abort', abort);
      this.#worker.unref();
    }
  }

  async end(): Promise<void> {
    this.#ended = true;
    this.#alive = false;
    await this.#worker.terminate();
  }
}

function deathOf(worker: Worker): Promise<never> {
  const death = new Promise<never>((_, reject) => {
    let cause: unknown;
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', (code) => {
      const why = cause === undefined ? `exit code ${code}` : briefly(cause);
      reject(
        new BackendError(
          `A worker crashed (${why}).`,
          'Use a smaller workingSize or fewer workers, if memory may be the cause, or another device.',
          { cause },
        ),
      );
    });
  });
  // Nobody need be waiting when a thread is ended.
  death.catch(() => undefined);
  return death;
}
