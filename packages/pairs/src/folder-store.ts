import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder } from '@latent-matte/files/make-folder';
import { isLeftover, isTemporary } from '@latent-matte/files/temporary-name';
import { writeFileAtomic } from '@latent-matte/files/write-file-atomic';
import { type ObjectStore, type StoredObject, unreadable } from './object-store';

/** Levels of folders, the store itself counted. */
const DEPTH = 4;

/** A folder of this machine or of the network. Slashes in keys are folders. */
export class FolderStore implements ObjectStore {
  readonly description: string;

  constructor(folder: string) {
    this.description = folder;
  }

  #path(key: string): string {
    return join(this.description, ...key.split('/'));
  }

  async put(key: string, content: Uint8Array | string): Promise<void> {
    const path = this.#path(key);
    await makeFolder(dirname(path));
    await writeFileAtomic(path, content);
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return await orAbsent(key, readFile(this.#path(key)));
  }

  async size(key: string): Promise<number | undefined> {
    const entry = await orAbsent(key, stat(this.#path(key)));
    return entry?.isFile() ? entry.size : undefined;
  }

  async list(): Promise<StoredObject[]> {
    const objects: StoredObject[] = [];
    for (const key of await this.#keys()) {
      const size = isTemporary(key.split('/').at(-1)!) ? undefined : await this.size(key);
      if (size !== undefined) objects.push({ key, size });
    }
    return objects;
  }

  /** As deep as keys are: `rejected/00000/image/00000042.png`. */
  async #keys(): Promise<string[]> {
    const keys: string[] = [];
    const read = async (prefix: string, depth: number): Promise<void> => {
      const entries = await orAbsent(prefix, readdir(this.#path(prefix), { withFileTypes: true }));
      for (const entry of entries ?? []) {
        const key = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
        if (entry.isFile()) keys.push(key);
        else if (entry.isDirectory() && depth < DEPTH) await read(key, depth + 1);
      }
    };
    await read('', 1);
    return keys;
  }

  async tidy(all: boolean): Promise<void> {
    for (const key of await this.#keys()) {
      if (!isTemporary(key.split('/').at(-1)!)) continue;
      const path = this.#path(key);
      if (all || (await isLeftover(path))) await rm(path, { force: true });
    }
  }

  close(): void {}
}

async function orAbsent<Value>(key: string, reading: Promise<Value>): Promise<Value | undefined> {
  try {
    return await reading;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unreadable(key, cause);
  }
}
