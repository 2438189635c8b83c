import { briefly, type WeightWriter } from '@latent-matte/core/backend';
import type { CacheEntry } from './cache-entry';

/**
 * Keeps a download on disk as far as the disk allows. A full or read-only disk is told as a process warning, and the
 * weights are used all the same.
 */
export class WeightKeeper implements WeightWriter {
  readonly #open: () => Promise<CacheEntry>;
  #entry: CacheEntry | undefined;
  #givenUp = false;

  constructor(open: () => Promise<CacheEntry>) {
    this.#open = open;
  }

  append(piece: Uint8Array): Promise<void> {
    return this.#attempt(async () => {
      // With the first piece: an unreachable server leaves no trace.
      this.#entry ??= await this.#open();
      await this.#entry.append(piece);
    });
  }

  commit(): Promise<void> {
    return this.#attempt(async () => {
      await this.#entry!.commit();
      this.#entry = undefined;
    });
  }

  async discard(): Promise<void> {
    await this.#entry?.discard();
    this.#entry = undefined;
  }

  async #attempt(write: () => Promise<void>): Promise<void> {
    if (this.#givenUp) return;
    try {
      await write();
    } catch (error) {
      this.#givenUp = true;
      await this.discard();
      process.emitWarning(`Weights are not kept on disk: ${briefly(error)}.`, {
        code: 'LATENT_MATTE_CACHE',
      });
    }
  }
}
