import { LatentMatteError, OutputError } from '@latent-matte/core';

/** One object of a store. */
export interface StoredObject {
  readonly key: string;
  readonly size: number;
}

/**
 * Where results go that several machines write: a folder they share, or a bucket. Objects are whole or absent, and
 * writing one again replaces it.
 */
export interface ObjectStore {
  /** For people: the folder, or the address of the bucket. */
  readonly description: string;
  /** @throws OutputError */
  put(key: string, content: Uint8Array | string): Promise<void>;
  /** `undefined` where there is none. @throws OutputError it cannot be read */
  get(key: string): Promise<Uint8Array | undefined>;
  /** Bytes, or `undefined` where there is none. @throws OutputError */
  size(key: string): Promise<number | undefined>;
  /** Everything in it, in no order. @throws OutputError */
  list(): Promise<StoredObject[]>;
  /**
   * Removes what writers that were killed left behind.
   * @param all also what may belong to a process of another machine: nobody may be writing then
   */
  tidy(all: boolean): Promise<void>;
  close(): void;
}

/** A failure to read as an {@link OutputError}; errors of this SDK pass unchanged. */
export function unreadable(key: string, cause: unknown): LatentMatteError {
  if (LatentMatteError.isInstance(cause)) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new OutputError(`Cannot read ${key}: ${why}.`, 'Check the permissions.', { cause });
}
