import { AbortedError } from '../../errors';
import type { OnWeightProgress } from './weight-driver';

/** One transfer and those who wait for it. It stops when the last of them has gone. */
export class SharedTransfer {
  readonly bytes: Promise<Uint8Array>;
  readonly #controller = new AbortController();
  readonly #listeners = new Set<OnWeightProgress>();
  #joined = 0;
  #waiting = 0;

  constructor(run: (report: OnWeightProgress, signal: AbortSignal) => Promise<Uint8Array>) {
    this.bytes = run((progress) => {
      for (const listener of this.#listeners) listener(progress);
    }, this.abandoned);
    // Whoever waits is told; when all have gone, nobody is.
    this.bytes.catch(() => undefined);
  }

  /** Fires when nobody waits any more. */
  get abandoned(): AbortSignal {
    return this.#controller.signal;
  }

  async join(
    url: string,
    onProgress?: OnWeightProgress,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    this.#waiting++;
    this.#joined++;
    // A function of its own per caller: two callers may pass the same one.
    const listener: OnWeightProgress = (progress) => onProgress?.(progress);
    this.#listeners.add(listener);
    let leave: () => void = () => undefined;
    const left = new Promise<never>((_, reject) => {
      leave = () =>
        reject(
          new AbortedError(`Loading ${url} was cancelled.`, undefined, { cause: signal?.reason }),
        );
    });
    signal?.addEventListener('abort', leave, { once: true });
    try {
      const bytes = await Promise.race([this.bytes, left]);
      // Copies: two callers must not write into each other's bytes.
      return this.#joined > 1 ? bytes.slice() : bytes;
    } finally {
      signal?.removeEventListener('abort', leave);
      this.#listeners.delete(listener);
      if (--this.#waiting === 0) this.#controller.abort();
    }
  }
}
