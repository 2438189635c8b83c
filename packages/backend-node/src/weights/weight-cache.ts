import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { WeightFile } from '@latent-matte/core';
import type { WeightStore } from '@latent-matte/core/backend';
import { makeFolder } from '@latent-matte/files/make-folder';
import { CacheEntry } from './cache-entry';
import { WeightKeeper } from './weight-keeper';

/** What a crashed download left behind is swept away after a day. */
const STALE_MILLISECONDS = 24 * 3600 * 1000;

/**
 * Weight files on disk, named by their SHA-256. A file enters only after its size and hash were checked, complete, by
 * a rename; so any number of processes may share a folder.
 */
export class WeightCache {
  readonly #folder: string;

  constructor(directory: string) {
    this.#folder = join(directory, 'weights');
  }

  #path(file: WeightFile): string {
    return join(this.#folder, file.sha256.toLowerCase());
  }

  /** One file, as a resolver uses it. */
  storeOf(file: WeightFile): WeightStore {
    const path = this.#path(file);
    const remove = () => rm(path, { force: true, recursive: true }).catch(() => undefined);
    return {
      read: async () => {
        const size = await stat(path).then(
          (entry) => (entry.isFile() ? entry.size : -1),
          () => undefined,
        );
        if (size === file.size) return createReadStream(path);
        // Damaged, or a folder.
        if (size !== undefined) await remove();
        return undefined;
      },
      remove,
      write: () => new WeightKeeper(() => this.write(file)),
    };
  }

  /** Opens a temporary file beside the final one. */
  async write(file: WeightFile): Promise<CacheEntry> {
    await makeFolder(this.#folder);
    await this.#sweep();
    const path = this.#path(file);
    const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.part`;
    return new CacheEntry(await open(temporary, 'wx'), temporary, path);
  }

  async #sweep(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      if (!name.endsWith('.part')) continue;
      const path = join(this.#folder, name);
      const entry = await stat(path).catch(() => undefined);
      if (entry !== undefined && Date.now() - entry.mtimeMs > STALE_MILLISECONDS) {
        await rm(path, { force: true });
      }
    }
  }

  /** Removes every file. */
  async clear(): Promise<void> {
    await rm(this.#folder, { force: true, recursive: true });
  }
}
