import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { LatentMatteError, OutputError } from '@latent-matte/core';
import { isAlive } from './is-alive';
import { makeFolder } from './make-folder';
import { writeFileAtomic } from './write-file-atomic';

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

/**
 * A folder (`./pairs`, made when it is missing), or a bucket (`s3://bucket/prefix`, with the optional package
 * `@aws-sdk/client-s3`; credentials, region and `AWS_ENDPOINT_URL_S3` come from where the AWS tools look for them).
 *
 * @throws OutputError the folder cannot be made, or the bucket not be reached
 * @throws InvalidOptionError no such address, or the package is missing
 */
export async function openObjectStore(address: string): Promise<ObjectStore> {
  if (!address.startsWith('s3:')) {
    await makeFolder(resolve(address));
    return new FolderStore(resolve(address));
  }
  const { openBucket } = await import('./object-store-s3');
  return await openBucket(address);
}

/** `.NAME.PID.RANDOM.tmp`, as `writeFileAtomic` names what it has not finished. */
const TEMPORARY = /^\..+\.(\d+)\.[0-9a-f]{8}\.tmp$/;

/** Levels of folders, the store itself counted. */
const DEPTH = 4;

/** A folder of this machine or of the network. Slashes in keys are folders. */
class FolderStore implements ObjectStore {
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
      const size = TEMPORARY.test(key.split('/').at(-1)!) ? undefined : await this.size(key);
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
      const writer = TEMPORARY.exec(key.split('/').at(-1)!)?.[1];
      if (writer === undefined || (!all && isAlive(Number(writer)))) continue;
      await rm(this.#path(key), { force: true });
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

/** A failure to read as an {@link OutputError}; errors of this SDK pass unchanged. */
export function unreadable(key: string, cause: unknown): LatentMatteError {
  if (LatentMatteError.isInstance(cause)) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new OutputError(`Cannot read ${key}: ${why}.`, 'Check the permissions.', { cause });
}
