import type { RasterImage, WeightFile, WeightProgress } from '@latent-matte/core';
import {
  type PackedError,
  type PlainCall,
  packError,
  unpackError,
} from '@latent-matte/core/caller';
import type { DeviceChoice } from '../start-here';

/** What a call brings back: errors as data, since structured cloning forgets their classes. */
export type Reply<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: PackedError };

/** Settles work into a {@link Reply}. */
export const reply = async <Value>(work: () => Value | Promise<Value>): Promise<Reply<Value>> => {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, error: packError(error) };
  }
};

/** The value, or the error thrown on this side. */
export function unwrap<Value>(received: Reply<Value>): Value {
  if (received.ok) return received.value;
  throw unpackError(received.error);
}

/** Options of `useWebBackend` that cross. */
export interface StartOptions extends DeviceChoice {
  readonly weightsPath?: string;
  readonly weightUrls?: Readonly<Record<string, string>>;
}

/** The backend inside the worker as plain data. */
export interface BackendFacts {
  readonly device: string;
  readonly description: string;
  readonly limits: { readonly maxPixels: number; readonly maxSourcePixels?: number };
}

export interface ReadResult {
  readonly image: RasterImage;
  readonly warnings: readonly string[];
}

/** A resolver of weights on the page, called from the worker. */
export type RemoteResolver = (
  file: WeightFile,
  onProgress: ((progress: WeightProgress) => void) | undefined,
) => Promise<Reply<Uint8Array>>;

/** A listener on the page, named by its place in the options. */
export type Tell = (listener: string, event: unknown) => void;

/** The next picture of a stream on the page. */
export type Pull = () => Promise<Reply<IteratorResult<unknown, void>>>;

/** What the worker offers, through comlink. A run is a generator that lives in the worker, named by a number. */
export interface WorkerApi {
  start(options: StartOptions, resolveWeights?: RemoteResolver): Promise<Reply<BackendFacts>>;
  /** Facts again: a device that was lost is replaced. */
  facts(): Promise<Reply<BackendFacts>>;
  readImage(
    source: Blob | ImageData | ImageBitmap,
    options: { maxPixels?: number },
  ): Promise<Reply<ReadResult>>;
  open(
    run: number,
    call: PlainCall,
    tell: Tell | undefined,
    pull: Pull | undefined,
  ): Promise<Reply<void>>;
  next(run: number): Promise<Reply<IteratorResult<unknown, unknown>>>;
  abort(run: number): Promise<void>;
  close(run: number): Promise<Reply<void>>;
}
