import type { LongCall, RasterImage } from '@latent-matte/core';
import {
  BackendError,
  buffersOf,
  type CallPort,
  remoteCall,
  splitCall,
  type WeightResolver,
} from '@latent-matte/core/caller';
import * as comlink from 'comlink';
import type { ReadImageOptions, WebImageSource } from '../image-source';
import { ownWorker, workerRemedy } from '../own-worker';
import { foreignImage, sendableSource } from '../read-image';
import type { WebBackend } from '../web-backend';
import {
  type BackendFacts,
  type RemoteResolver,
  type Reply,
  reply,
  type StartOptions,
  unwrap,
  type WorkerApi,
} from './protocol';

/** How a caller brings a model of their own. */
const modelRemedy =
  'Register it by name in a worker script of yours that imports "@latent-matte/backend-web/worker", and pass that worker to useWebBackend.';

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

  /** Every call runs in the worker, whatever it computes with. */
  async *run<Step, Result>(call: LongCall): AsyncGenerator<Step, Result, void> {
    const run = this.#runs++;
    try {
      return yield* remoteCall<Step, Result>(splitCall(call, modelRemedy), this.#port(run));
    } finally {
      this.#facts = await this.#call(this.#api.facts()).catch(() => this.#facts);
    }
  }

  #port(run: number): CallPort {
    return {
      open: (call, { tell, pull }) => {
        const listening = call.listeners.length > 0 ? comlink.proxy(tell) : undefined;
        const pulling = call.pulls
          ? comlink.proxy(async () => {
              const answer = await reply(pull);
              return comlink.transfer(answer, buffersOf(answer));
            })
          : undefined;
        const moving = comlink.transfer(call, buffersOf(call));
        return this.#call(this.#api.open(run, moving, listening as never, pulling as never));
      },
      next: () => this.#call(this.#api.next(run)),
      abort: () => void this.#api.abort(run),
      close: () => this.#call(this.#api.close(run)),
    };
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
    const answer = await reply(async () => (await resolveWeights(file, onProgress)).slice());
    return comlink.transfer(answer, buffersOf(answer));
  };
