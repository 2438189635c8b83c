import {
  buffersOf,
  type Enhancement,
  type EnhancementPhase,
  type EnhancementStep,
  enhancePortraitSteps,
  type PlainEnhanceOptions,
  type RasterImage,
  setActiveBackend,
} from '@latent-matte/core';
import * as comlink from 'comlink';
import { createWeightResolver, type WeightResolver } from '../resolve-weights';
import { startHere, type WebBackend } from '../start-here';
import {
  type BackendFacts,
  type ReadResult,
  type RemoteResolver,
  type Reply,
  reply,
  type StartOptions,
  unwrap,
  type WorkerApi,
} from './protocol';

interface Run {
  readonly steps: AsyncGenerator<EnhancementStep, Enhancement, void>;
  readonly controller: AbortController;
  /** Phases that are on their way to the page. */
  readonly announced: Promise<void>[];
  dispose(): void;
}

/** The side of the worker: a backend, and the runs it computes. */
export class WorkerHost implements WorkerApi {
  #backend: WebBackend | undefined;
  readonly #runs = new Map<number, Run>();

  start(options: StartOptions, remote?: RemoteResolver): Promise<Reply<BackendFacts>> {
    return reply(
      (async () => {
        const { weightsPath } = options;
        const resolveWeights =
          remote === undefined ? createWeightResolver({ weightsPath }) : fromPage(remote);
        this.#backend = await startHere(options, resolveWeights);
        setActiveBackend(this.#backend);
        return this.#facts();
      })(),
    );
  }

  facts(): Promise<Reply<BackendFacts>> {
    return reply((async () => this.#facts())());
  }

  #facts(): BackendFacts {
    const { device, description, limits } = this.#backend!;
    return { device, description, limits };
  }

  readImage(
    source: Blob | ImageData | ImageBitmap,
    { maxPixels }: { maxPixels?: number },
  ): Promise<Reply<ReadResult>> {
    return moved(
      (async () => {
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
      })(),
    );
  }

  open(
    id: number,
    image: RasterImage,
    options: PlainEnhanceOptions,
    onPhase: ((phase: EnhancementPhase) => unknown) | undefined,
  ): Promise<Reply<void>> {
    return reply(
      (async () => {
        const controller = new AbortController();
        const announced: Promise<void>[] = [];
        const announce =
          onPhase &&
          ((phase: EnhancementPhase) => {
            announced.push(Promise.resolve(onPhase(phase)) as Promise<void>);
          });
        const { signal } = controller;
        const steps = enhancePortraitSteps(image, {
          ...options,
          signal,
          advanced: { onPhase: announce },
        });
        const dispose = () => release(onPhase);
        this.#runs.set(id, { steps, controller, announced, dispose });
      })(),
    );
  }

  next(id: number): Promise<Reply<IteratorResult<EnhancementStep, Enhancement>>> {
    const run = this.#runs.get(id)!;
    return moved(
      (async () => {
        try {
          return await run.steps.next();
        } finally {
          // Phases arrive before the step they precede; an error of the listener ends the run, as it does here.
          await Promise.all(run.announced.splice(0));
        }
      })(),
    );
  }

  async abort(id: number): Promise<void> {
    this.#runs.get(id)?.controller.abort();
  }

  close(id: number): Promise<Reply<void>> {
    const run = this.#runs.get(id);
    this.#runs.delete(id);
    return reply(
      (async () => {
        await run?.steps.return(undefined as never);
        run?.dispose();
      })(),
    );
  }
}

/** A reply whose data moves over instead of being copied: nobody here holds it any more. */
async function moved<Value>(promise: Promise<Value>): Promise<Reply<Value>> {
  const answer = await reply(promise);
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
