import { type FileHandle, rename, rm } from 'node:fs/promises';

/** A file on its way into the cache. */
export class CacheEntry {
  readonly #handle: FileHandle;
  readonly #temporary: string;
  readonly #path: string;

  constructor(handle: FileHandle, temporary: string, path: string) {
    this.#handle = handle;
    this.#temporary = temporary;
    this.#path = path;
  }

  async append(chunk: Uint8Array): Promise<void> {
    await this.#handle.writeFile(chunk);
  }

  /** To be called once the content was verified. */
  async commit(): Promise<void> {
    try {
      // Without the flush a power cut after the rename can leave an empty file under the final name.
      await this.#handle.sync();
    } finally {
      await this.#handle.close();
    }
    try {
      await rename(this.#temporary, this.#path);
    } catch (error) {
      await rm(this.#temporary, { force: true });
      throw error;
    }
  }

  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await rm(this.#temporary, { force: true }).catch(() => undefined);
  }
}
