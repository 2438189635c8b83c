import {
  buffersOf,
  CallHost,
  type PlainCall,
  type WeightResolver,
} from '@latent-matte/core/backend';
import { setActiveBackend } from '@latent-matte/core/internal';
import * as comlink from 'comlink';
import { createWeightResolver } from '../resolve-weights';
import { startHere } from '../start-here';
import type { WebBackend } from '../web-backend';
import {
  type BackendFacts,
  type Pull,
  type ReadResult,
  type RemoteResolver,
  type Reply,
  reply,
  type StartOptions,
  type Tell,
  unwrap,
  type WorkerApi,
} from './protocol';

/** The side of the worker: a backend, and the calls it computes. */
export class WorkerHost implements WorkerApi {
  #backend: WebBackend | undefined;
  readonly #calls = new CallHost();
  /** Closes the channels of a call's functions on the page. */
  readonly #release = new Map<number, () => void>();

  start(options: StartOptions, remote?: RemoteResolver): Promise<Reply<BackendFacts>> {
    return reply(async () => {
      const { weightsPath, weightUrls } = options;
      const resolveWeights =
        remote === undefined ? createWeightResolver({ weightsPath, weightUrls }) : fromPage(remote);
      this.#backend = await startHere(options, resolveWeights);
      setActiveBackend(this.#backend);
      return this.#facts();
    });
  }

  facts(): Promise<Reply<BackendFacts>> {
    return reply(() => this.#facts());
  }

  #facts(): BackendFacts {
    const { device, description, limits } = this.#backend!;
    return { device, description, limits };
  }

  readImage(
    source: Blob | ImageData | ImageBitmap,
    { maxPixels }: { maxPixels?: number },
  ): Promise<Reply<ReadResult>> {
    return moved(async () => {
      const warnings: string[] = [];
      try {
        const image = await this.#backend!.readImage(source, {
          maxPixels,
          onWarning: (warning) => warnings.push(warning),
        });
        return { image, warnings };
      } finally {
        // It was sent here, so nobody else has it.
        if (source instanceof ImageBitmap) source.close();
      }
    });
  }

  open(
    run: number,
    call: PlainCall,
    tell: Tell | undefined,
    pull: Pull | undefined,
  ): Promise<Reply<void>> {
    return reply(() => {
      this.#release.set(run, () => {
        release(tell);
        release(pull);
      });
      this.#calls.open(run, call, {
        tell: async (listener, event) => tell?.(listener, event),
        pull: async () => unwrap(await pull!()),
      });
    });
  }

  next(run: number): Promise<Reply<IteratorResult<unknown, unknown>>> {
    return moved(() => this.#calls.next(run));
  }

  async abort(run: number): Promise<void> {
    this.#calls.abort(run);
  }

  close(run: number): Promise<Reply<void>> {
    return reply(async () => {
      try {
        await this.#calls.close(run);
      } finally {
        this.#release.get(run)?.();
        this.#release.delete(run);
      }
    });
  }
}

/** A reply whose data moves over instead of being copied: nobody here holds it any more. */
async function moved<Value>(work: () => Promise<Value>): Promise<Reply<Value>> {
  const answer = await reply(work);
  return comlink.transfer(answer, buffersOf(answer));
}

const fromPage =
  (remote: RemoteResolver): WeightResolver =>
  async (file, onProgress) =>
    unwrap(await remote(file, onProgress && comlink.proxy(onProgress)));

/** Closes the channel of a function that came over. */
function release(remote: unknown): void {
  (remote as Partial<comlink.ProxyMethods> | undefined)?.[comlink.releaseProxy]?.();
}
