import { pathToFileURL } from 'node:url';
import {
  AbortedError,
  BackendError,
  type EnhanceOptions,
  InvalidOptionError,
  type LongCallName,
  type MatteOptions,
} from '@latent-matte/core';
import {
  assertPlain,
  completeCall,
  type LongCalls,
  type ResultOf,
  type StepOf,
  splitCall,
} from '@latent-matte/core/backend';
import type {
  GeneratedPair,
  LabelledPair,
  LabelOptions,
  PairHooks,
  PairOptions,
} from '@latent-matte/core/generate';
import { assertOptions, assertOptionsOf } from '@latent-matte/core/internal';
import { enhanceBy, type NodeEnhancement } from '../calls/enhance-portrait';
import {
  cutOutBy,
  matteBy,
  type NodeCutOut,
  type NodeCutOutOptions,
  type NodeMatte,
} from '../cut-out/cut-out';
import { devices, isDevice, type NodeDevice } from '../device/devices';
import { compileChoices, type NodeBackendOptions } from '../device/use-node-backend';
import type { PictureSource } from '../image/decoded-picture';
import { labelBy } from './label-portraits';
import { PortraitThread } from './portrait-thread';
import { computeWithOneThreadEach, MAX_WORKERS, usualWorkers } from './worker-count';

export interface WorkerPoolOptions {
  /** What computes, in every worker. Default `'auto'`. */
  device?: NodeDevice;
  /** As of `useNodeBackend`, in every worker. Default `'searches'`. */
  compile?: NodeBackendOptions['compile'];
  /**
   * Threads, 1…64. Default: on `native`, `wasm` and `cpu` one per core, as far as the memory reaches (1.5 GB each); on
   * `cuda` and `webgpu`, 1. With more than one, `native` computes with one thread in each, in the whole process, unless
   * it was started before or `TF_NUM_INTRAOP_THREADS` and `TF_NUM_INTEROP_THREADS` say otherwise.
   */
  workers?: number;
  /**
   * A module that every worker imports after its backend was started: the place to register your own models, which
   * can then be given by name.
   */
  setup?: URL | string;
}

/** Threads that cut out and enhance portraits. */
export interface WorkerPool {
  /** Number of threads. */
  readonly workers: number;
  /** The backend of the workers, one line for people. */
  readonly description: string;
  /**
   * `enhancePortrait` on the next free thread; as many at a time as there are workers, the others wait. Same result,
   * to the bit, and same errors. Models go by name (see `setup`); functions do not go at all.
   *
   * @throws InvalidOptionError a model object or a function in `options`
   * @throws BackendError the worker crashed, or the pool is closed; the pool replaces a crashed worker
   */
  enhancePortrait(photo: PictureSource, options?: EnhanceOptions): Promise<NodeEnhancement>;
  /**
   * `cutOut` on the next free thread, as {@link enhancePortrait}; files are read and written by the calling thread.
   *
   * @throws the errors of `cutOut`, and those of {@link enhancePortrait}
   */
  cutOut(photo: PictureSource, options?: NodeCutOutOptions): Promise<NodeCutOut>;
  /**
   * `matte` on the next free thread, as {@link cutOut}.
   *
   * @throws the errors of {@link cutOut}
   */
  matte(photo: PictureSource, options?: MatteOptions): Promise<NodeMatte>;
  /**
   * Any other long call on the next free thread, by its name: `run('refineMatte', [photo, matte, trimap])`. Pictures are
   * copied over, models go by name.
   *
   * @param onStep told of each step of a call that has some
   * @throws InvalidOptionError, BackendError as {@link enhancePortrait}
   */
  run<Name extends LongCallName>(
    name: Name,
    args: Parameters<LongCalls[Name]>,
    onStep?: (step: StepOf<Name>) => void,
  ): Promise<ResultOf<Name>>;
  /**
   * `PairGenerator.generate` on the next free thread, as {@link enhancePortrait}. A thread keeps the models of the
   * last options it was given: pass the same object each time.
   *
   * @throws InvalidOptionError, BackendError as {@link enhancePortrait}
   */
  generatePairs(
    indices: readonly number[],
    options: PairOptions,
    hooks?: PairHooks,
  ): Promise<GeneratedPair[]>;
  /**
   * `labelPortraits` with its photographs spread over the threads. Pairs are the same, to the bit, and come in the order
   * of the photographs, which are taken as threads become free.
   *
   * @throws the errors of `labelPortraits`, and those of {@link enhancePortrait}
   */
  labelPortraits(options: LabelOptions): AsyncGenerator<LabelledPair, void, void>;
  /** Ends the threads. What still runs or waits fails with an `AbortedError`. */
  close(): Promise<void>;
}

interface Job<Result = unknown> {
  run(thread: PortraitThread): Promise<Result>;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/** How a caller brings a model of their own. */
export const setupRemedy =
  'Register it in a module, give that module to the pool as `setup`, and name the model here.';

/**
 * Starts worker threads, each with its own backend, that enhance portraits in parallel.
 *
 * Idle workers do not keep the process alive.
 *
 * ```ts
 * import { createWorkerPool } from '@latent-matte/backend-node';
 *
 * const pool = await createWorkerPool({ device: 'wasm', workers: 2 });
 * try {
 *   const people = await Promise.all(['a.jpg', 'b.jpg'].map((path) => pool.cutOut(path)));
 *   for (const [i, person] of people.entries()) await person.write(`${i}.png`);
 * } finally {
 *   await pool.close();
 * }
 * ```
 *
 * @throws BackendError the device cannot be used in a worker
 * @throws InvalidOptionError a wrong number of workers, an unknown device, a setup module that fails
 */
export async function createWorkerPool(options: WorkerPoolOptions = {}): Promise<WorkerPool> {
  assertOptionsOf<WorkerPoolOptions>('createWorkerPool', options, {
    device: { is: 'value', noun: 'the name of a device' },
    compile: { is: 'choice', of: compileChoices },
    workers: { is: 'value', noun: 'a number of threads' },
    setup: { is: 'value', noun: 'the URL of a module' },
  });
  const { device = 'auto', compile, workers } = options;
  if (device !== 'auto' && !isDevice(device)) {
    throw new InvalidOptionError(
      `There is no device "${String(device)}".`,
      `Use auto, ${devices.join(', ')}.`,
    );
  }
  if (
    workers !== undefined &&
    !(Number.isInteger(workers) && workers >= 1 && workers <= MAX_WORKERS)
  ) {
    throw new InvalidOptionError(
      `workers is ${workers}.`,
      `Use a whole number from 1 to ${MAX_WORKERS}.`,
    );
  }
  const setup = options.setup === undefined ? undefined : moduleUrl(options.setup);
  if ((workers ?? usualWorkers(device)) > 1) computeWithOneThreadEach();
  // The first tells which device it is, and fails for all when there is none.
  const start = () => PortraitThread.start({ device, compile }, setup);
  const first = await start();
  const count = workers ?? usualWorkers(first.backend.device);
  const others = await Promise.allSettled(Array.from({ length: count - 1 }, start));
  const threads = [first];
  let failure: unknown;
  for (const other of others) {
    if (other.status === 'fulfilled') threads.push(other.value);
    else failure = other.reason;
  }
  if (failure !== undefined) {
    await Promise.all(threads.map((thread) => thread.end()));
    throw failure;
  }
  return new Pool(threads, start);
}

class Pool implements WorkerPool {
  readonly workers: number;
  readonly description: string;
  readonly #start: () => Promise<PortraitThread>;
  readonly #threads: Set<PortraitThread>;
  readonly #idle: PortraitThread[];
  readonly #waiting: Job[] = [];
  #closed = false;

  constructor(threads: readonly PortraitThread[], start: () => Promise<PortraitThread>) {
    this.workers = threads.length;
    this.description = threads[0]!.backend.description;
    this.#threads = new Set(threads);
    this.#idle = [...threads];
    this.#start = start;
  }

  async enhancePortrait(
    photo: PictureSource,
    options: EnhanceOptions = {},
  ): Promise<NodeEnhancement> {
    assertOptions(options, 'options');
    return await enhanceBy(
      (image, given = {}) => this.run('enhancePortrait', [image, given], given.onProgress),
      photo,
      options,
    );
  }

  async cutOut(photo: PictureSource, options: NodeCutOutOptions = {}): Promise<NodeCutOut> {
    return await cutOutBy((...args) => this.run('cutOut', args), photo, options);
  }

  async matte(photo: PictureSource, options: MatteOptions = {}): Promise<NodeMatte> {
    return await matteBy((...args) => this.run('matte', args), photo, options);
  }

  async run<Name extends LongCallName>(
    name: Name,
    args: Parameters<LongCalls[Name]>,
    onStep?: (step: StepOf<Name>) => void,
  ): Promise<ResultOf<Name>> {
    const split = splitCall(completeCall(name, args), setupRemedy);
    return (await this.#enqueue(
      (thread) => thread.run(split, onStep as (step: unknown) => void),
      split.signal,
    )) as ResultOf<Name>;
  }

  async generatePairs(
    indices: readonly number[],
    options: PairOptions,
    hooks: PairHooks = {},
  ): Promise<GeneratedPair[]> {
    assertPlain(options, setupRemedy);
    return await this.#enqueue((thread) => thread.generate(indices, options, hooks), hooks.signal);
  }

  labelPortraits(options: LabelOptions): AsyncGenerator<LabelledPair, void, void> {
    return labelBy(this, options);
  }

  async #enqueue<Result>(run: Job<Result>['run'], signal?: AbortSignal): Promise<Result> {
    if (this.#closed) {
      throw new BackendError(
        'The worker pool is closed.',
        'Make a new one with createWorkerPool().',
      );
    }
    if (signal?.aborted) throw new AbortedError('Cancelled before the start.');
    return await new Promise<Result>((resolve, reject) => {
      const job: Job<Result> = { run, resolve, reject };
      // A running job hears of it from its thread.
      const cancel = () => {
        const place = this.#waiting.indexOf(job as Job);
        if (place < 0) return;
        this.#waiting.splice(place, 1);
        reject(new AbortedError('Cancelled before the start.'));
      };
      signal?.addEventListener('abort', cancel, { once: true });
      const settled =
        <Value>(settle: (value: Value) => void) =>
        (value: Value) => {
          signal?.removeEventListener('abort', cancel);
          settle(value);
        };
      job.resolve = settled(resolve);
      job.reject = settled(reject);
      this.#waiting.push(job as Job);
      this.#dispatch();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const job of this.#waiting.splice(0)) job.reject(new AbortedError('The pool was closed.'));
    const threads = [...this.#threads];
    this.#threads.clear();
    this.#idle.length = 0;
    await Promise.all(threads.map((thread) => thread.end()));
  }

  #dispatch(): void {
    while (this.#idle.length > 0 && this.#waiting.length > 0) {
      void this.#run(this.#idle.pop()!, this.#waiting.shift()!);
    }
  }

  /** Never rejects: what goes wrong goes to the job. */
  async #run(thread: PortraitThread, { run, resolve, reject }: Job): Promise<void> {
    try {
      resolve(await run(thread));
    } catch (error) {
      reject(error);
    }
    if (this.#closed) return;
    if (thread.alive) this.#idle.push(thread);
    else await this.#replace(thread);
    this.#dispatch();
  }

  async #replace(dead: PortraitThread): Promise<void> {
    this.#threads.delete(dead);
    try {
      const thread = await this.#start();
      if (this.#closed) return await thread.end();
      this.#threads.add(thread);
      this.#idle.push(thread);
    } catch (error) {
      // Those that run find free threads; without any, nobody would ever serve who waits.
      if (this.#threads.size > 0) return;
      this.#closed = true;
      for (const job of this.#waiting.splice(0)) job.reject(error);
    }
  }
}

function moduleUrl(setup: URL | string): string {
  if (setup instanceof URL) return setup.href;
  return /^[a-z][a-z0-9+.-]+:/i.test(setup) && URL.canParse(setup)
    ? setup
    : pathToFileURL(setup).href;
}
