import {
  type PackedError,
  type PlainCall,
  packError,
  unpackError,
} from '@latent-matte/core/backend';
import type { GeneratedPair, PairHooks, PairOptions } from '@latent-matte/core/generate';
import * as comlink from 'comlink';
import type { ConcreteDevice } from '../device/devices';
import type { NodeBackendOptions } from '../device/use-node-backend';

export type WorkerBackendOptions = Pick<NodeBackendOptions, 'device' | 'compile'>;

/** What a pool calls in its worker threads. */
export interface PortraitWorker {
  start(options: WorkerBackendOptions, setup: string | undefined): Promise<WorkerBackend>;
  /** Any long call, to its end. */
  run(call: PlainCall, listener: CallListener, pull: Pull | undefined): Promise<unknown>;
  /** Loads the models of these options; frees those of earlier ones. */
  prepare(options: PairOptions): Promise<void>;
  /** With the options of the last {@link prepare}. */
  generate(indices: readonly number[], listener: PairListener): Promise<GeneratedPair[]>;
  /** What is in work, if anything. */
  abort(): void;
}

/** What a worker calls in the thread of its pool; proxied. */
export type CallListener = (event: CallEvent) => void;

/** The next picture of a stream in the thread of the pool; proxied. */
export type Pull = () => Promise<IteratorResult<unknown, void>>;

export type PairListener = (step: Parameters<NonNullable<PairHooks['onStep']>>[0]) => void;

export type CallEvent =
  | { readonly step: unknown }
  /** For a listener of the options, which is named by its place. */
  | { readonly listener: string; readonly event: unknown };

/** The backend a worker started. */
export interface WorkerBackend {
  readonly device: ConcreteDevice;
  readonly description: string;
}

interface Thrown {
  readonly value: unknown;
}

/** comlink's own handler keeps an error's message only; this one its class, code, remedy and best result. */
comlink.transferHandlers.set('throw', {
  canHandle: comlink.transferHandlers.get('throw')!.canHandle as (
    value: unknown,
  ) => value is Thrown,
  serialize: ({ value }) => [packError(value), []],
  deserialize: (packed) => {
    throw unpackError(packed);
  },
} satisfies comlink.TransferHandler<Thrown, PackedError>);

export { comlink };
