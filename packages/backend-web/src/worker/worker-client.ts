import {
  AbortedError,
  assertRaster,
  BackendError,
  buffersOf,
  type Enhancement,
  type EnhancementStep,
  type EnhanceOptions,
  type LongCall,
  type RasterImage,
  splitEnhanceOptions,
} from '@latent-matte/core';
import * as comlink from 'comlink';
import { ownWorker, workerRemedy } from '../own-worker';
import {
  foreignImage,
  type ReadImageOptions,
  sendableSource,
  type WebImageSource,
} from '../read-image';
import type { WeightResolver } from '../resolve-weights';
import type { WebBackend } from '../start-here';
import {
  type BackendFacts,
  type RemoteResolver,
  type Reply,
  reply,
  type StartOptions,
  unwrap,
  type WorkerApi,
} from './protocol';

/** The side of the page: a backend whose computing happens in a worker. */
export class WorkerClient implements WebBackend {
  readonly platform = 'web';
  readonly resolveWeights: WeightResolver;
  readonly #worker: Worker;
  readonly #api: comlink.Remote<WorkerApi>;
  #facts!: BackendFacts;
  /** Rejects when the worker can no longer answer. */
  readonly #stopped: Promise<never>;
  #stop!: (error: BackendError) => void;
  #runs = 0;

  private constructor(worker: Worker, resolveWeights: WeightResolver) {
    this.#worker = worker;
    this.resolveWeights = resolveWeights;
    this.#stopped = new Promise((_, reject) => {
      this.#stop = reject;
    });
    this.#stopped.catch(() => undefined);
    this.#api = comlink.wrap<WorkerApi>(worker);
  }

  /**
   * @param worker `true` makes one from this package's script
   * @param resolveWeights for callers on this thread
   * @param remoteWeights the worker asks `resolveWeights` too, instead of a resolver of its own
   */
  static async start(
    worker: true | Worker,
    options: StartOptions,
    resolveWeights: WeightResolver,
    remoteWeights: boolean,
  ): Promise<WorkerClient> {
    const client = new WorkerClient(worker === true ? ownWorker() : worker, resolveWeights);
    const fails = (event: Event) => {
      const detail = event instanceof ErrorEvent && event.message ? `: ${event.message}` : '';
      client.#stop(new BackendError(`The worker does not start${detail}.`, workerRemedy));
    };
    // After the start, an uncaught error in the worker need not be one of ours.
    client.#worker.addEventListener('error', fails);
    try {
      const remote = remoteWeights ? comlink.proxy(forWorker(resolveWeights)) : undefined;
      client.#facts = await client.#call(client.#api.start(options, remote as never));
    } catch (error) {
      if (worker === true) client.#worker.terminate();
      throw error;
    } finally {
      client.#worker.removeEventListener('error', fails);
    }
    return client;
  }

  get device(): string {
    return this.#facts.device;
  }

  get description(): string {
    return `${this.#facts.description}, in a worker`;
  }

  get limits(): BackendFacts['limits'] {
    return this.#facts.limits;
  }

  async readImage(source: WebImageSource, options: ReadImageOptions = {}): Promise<RasterImage> {
    const { maxPixels, onWarning = (message) => console.warn(message) } = options;
    const sent = await sendableSource(source, options);
    const { image, warnings } = await this.#call(
      this.#api.readImage(comlink.transfer(sent.source, sent.transfer), { maxPixels }),
    ).catch((error: unknown) => {
      throw error instanceof DOMException && error.name === 'DataCloneError'
        ? foreignImage(error)
        : error;
    });
    for (const warning of warnings) onWarning(warning);
    return image;
  }

  run<Step, Result>(
    call: LongCall,
    here: () => AsyncGenerator<Step, Result, void>,
  ): AsyncGenerator<Step, Result, void> {
    if (call.name !== 'enhancePortrait') return here();
    const [image, options] = call.arguments as [RasterImage, EnhanceOptions];
    return this.#enhance(image, options) as unknown as AsyncGenerator<Step, Result, void>;
  }

  async *#enhance(
    image: RasterImage,
    options: EnhanceOptions,
  ): AsyncGenerator<EnhancementStep, Enhancement, void> {
    assertRaster(image);
    const { plain, signal, onPhase } = splitEnhanceOptions(
      options,
      'Register it by name in a worker script of yours that imports "@latent-matte/backend-web/worker", and pass that worker to useWebBackend.',
    );
    if (signal?.aborted) throw new AbortedError('Cancelled before the start.');
    const run = this.#runs++;
    const abort = () => void this.#api.abort(run);
    signal?.addEventListener('abort', abort);
    try {
      // A copy moves over; the caller keeps their pixels.
      const copy = { ...image, data: image.data.slice() };
      const phases = onPhase && comlink.proxy(onPhase);
      await this.#call(
        this.#api.open(run, comlink.transfer(copy, buffersOf(copy)), plain, phases as never),
      );
      for (;;) {
        const { done, value } = await this.#call(this.#api.next(run));
        if (done) return value;
        yield value;
      }
    } catch (error) {
      // The reason stayed on this side.
      if (signal?.aborted && error instanceof AbortedError) error.cause = signal.reason;
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
      // A worker that is gone has freed everything. What a run could not free is in its own error.
      await this.#call(this.#api.close(run)).catch(() => undefined);
      this.#facts = await this.#call(this.#api.facts()).catch(() => this.#facts);
    }
  }

  dispose(): void {
    this.#stop(
      new BackendError('The worker was stopped.', 'Start another with useWebBackend({ worker }).'),
    );
    this.#worker.terminate();
  }

  /** The value of an answer, or the error; not waited for when the worker is gone. */
  async #call<Value>(answer: Promise<Reply<Value>>): Promise<Value> {
    return unwrap(await Promise.race([answer, this.#stopped]));
  }
}

/** Keeps the bytes here: only a copy moves over. */
const forWorker =
  (resolveWeights: WeightResolver): RemoteResolver =>
  async (file, onProgress) => {
    const answer = await reply(resolveWeights(file, onProgress).then((bytes) => bytes.slice()));
    return comlink.transfer(answer, buffersOf(answer));
  };
