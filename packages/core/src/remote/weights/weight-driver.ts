import type { ResolveWeightsOptions, WeightFile, WeightProgress } from '../../contracts';

export type OnWeightProgress = (progress: WeightProgress) => void;

/** Brings a verified weight file: the `resolveWeights` of a backend. */
export type WeightResolver = (
  file: WeightFile,
  onProgress?: OnWeightProgress,
  options?: ResolveWeightsOptions,
) => Promise<Uint8Array>;

/** How a platform fetches and keeps weight files. */
export interface WeightDriver {
  /** Where the file is to be taken from, when not from its own URL. */
  locate?(file: WeightFile): WeightFile;
  /** @throws WeightsError an address that is not to be used */
  source(file: WeightFile): WeightSource;
  /** A hash of pieces as they arrive. Default: WebCrypto, of the whole. */
  sha256?(): PiecewiseHash;
}

export interface PiecewiseHash {
  update(piece: Uint8Array): void;
  /** 64 lower-case hex digits. */
  digest(): string;
}

/** Where one file comes from. */
export interface WeightSource {
  /** What is read, and what to do when it is another file, for messages. */
  readonly label: string;
  readonly remedy: string;
  /** The file in pieces. @throws WeightsError missing, unreachable, or announced with another size */
  read(signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Where it is kept. Absent: nowhere, it is at hand already. */
  readonly store?: WeightStore;
}

/** Keeps one file. Nothing it fails at fails the file. */
export interface WeightStore {
  /** What is kept, which may be damaged; `undefined` when there is nothing. */
  read(): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Throws away what is kept. */
  remove(): Promise<void>;
  /** Begins to keep it. */
  write(): WeightWriter;
}

/** A file on its way into a store. */
export interface WeightWriter {
  append(piece: Uint8Array): Promise<void>;
  /** Size and hash are right. @param bytes all of it */
  commit(bytes: Uint8Array): Promise<void>;
  /** Called at the end in any case; undoes what was not committed. */
  discard(): Promise<void>;
}
