import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  AbortedError,
  type ResolveWeightsOptions,
  type WeightFile,
  type WeightProgress,
  WeightsError,
} from '@latent-matte/core';
import { briefly } from '../device/activation';
import { weightCacheDirectory } from './cache-directory';
import { downloadWeights } from './download-weights';
import { checkWeightFile, collectVerified, type OnWeightProgress } from './weight-bytes';
import { type CacheEntry, WeightCache } from './weight-cache';

/** Brings a verified weight file: the `resolveWeights` of a backend. */
export type WeightResolver = (
  file: WeightFile,
  onProgress?: (progress: WeightProgress) => void,
  options?: ResolveWeightsOptions,
) => Promise<Uint8Array>;

export interface WeightResolverOptions {
  /**
   * Where downloaded files are kept. Default: {@link weightCacheDirectory}, looked up at each download; `null` keeps
   * nothing.
   */
  cacheDirectory?: string | null;
  /** Allow `http:` to this machine, for tests. Default false: https only. */
  allowLoopback?: boolean;
}

const fileRemedy = 'Install the package again, or check the manifest (models.json).';
const downloadRemedy = 'Check the URL and the manifest (models.json), then try again.';

/**
 * Makes a resolver of weight files: `file:` URLs are read where they are, `https:` URLs are downloaded into a cache on
 * disk. Size and SHA-256 are verified before a byte is used or kept, also of what comes out of the cache; a damaged
 * entry is thrown away and fetched anew. At most the declared size is read. Requests for one file at one time share
 * one download; each is cancelled by its own signal.
 *
 * The resolver throws `WeightsError` for a file that is missing, unreachable, of another size or another hash, and
 * `AbortedError` when its signal fires.
 */
export function createWeightResolver(options: WeightResolverOptions = {}): WeightResolver {
  const inFlight = new Map<string, SharedDownload>();
  return async (file, onProgress, { signal } = {}) => {
    const url = checkWeightFile(file);
    if (signal?.aborted) throw new AbortedError(`Loading ${file.url} was cancelled.`);
    if (url.protocol === 'file:')
      return await readLocal(fileURLToPath(url), file, onProgress, signal);
    const key = `${file.size}/${file.sha256.toLowerCase()}/${url.href}`;
    let download = inFlight.get(key);
    if (download === undefined) {
      download = new SharedDownload((report, stop) =>
        fetchCached(url, file, options, report, stop),
      );
      const mine = download;
      inFlight.set(key, mine);
      const forget = () => {
        if (inFlight.get(key) === mine) inFlight.delete(key);
      };
      mine.result.then(forget, forget);
      // One that everybody left must not be joined by the next.
      mine.onAbandon = forget;
    }
    return await download.join(file.url, onProgress, signal);
  };
}

/** The resolver of `useNodeBackend`: {@link createWeightResolver} with its defaults. */
export const resolveWeights: WeightResolver = createWeightResolver();

/** Removes every downloaded weight file. */
export async function clearWeightCache(directory = weightCacheDirectory()): Promise<void> {
  await new WeightCache(directory).clear();
}

/** One download and those who wait for it. It stops when the last of them has gone. */
class SharedDownload {
  readonly result: Promise<Uint8Array>;
  onAbandon: () => void = () => undefined;
  readonly #controller = new AbortController();
  readonly #listeners = new Set<OnWeightProgress>();
  #waiting = 0;

  constructor(run: (report: OnWeightProgress, signal: AbortSignal) => Promise<Uint8Array>) {
    this.result = run((progress) => {
      for (const listener of this.#listeners) listener(progress);
    }, this.#controller.signal);
    // Whoever waits is told; when all have gone, nobody is.
    this.result.catch(() => undefined);
  }

  async join(
    url: string,
    onProgress?: OnWeightProgress,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    this.#waiting++;
    // A function of its own per caller: two callers may pass the same one.
    const listener: OnWeightProgress = (progress) => onProgress?.(progress);
    this.#listeners.add(listener);
    let leave: (() => void) | undefined;
    try {
      const left = new Promise<never>((_, reject) => {
        leave = () => reject(new AbortedError(`Loading ${url} was cancelled.`));
        signal?.addEventListener('abort', leave, { once: true });
      });
      // A copy: two callers must not write into each other's bytes.
      return (await Promise.race([this.result, left])).slice();
    } finally {
      if (leave !== undefined) signal?.removeEventListener('abort', leave);
      this.#listeners.delete(listener);
      if (--this.#waiting === 0) {
        this.onAbandon();
        this.#controller.abort();
      }
    }
  }
}

async function readLocal(
  path: string,
  file: WeightFile,
  onProgress?: OnWeightProgress,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size !== file.size) {
      throw new WeightsError(`${path} has ${size} bytes instead of ${file.size}.`, fileRemedy);
    }
    const stream = createReadStream(path, { signal });
    return await collectVerified(stream, file, path, fileRemedy, onProgress);
  } catch (cause) {
    if (signal?.aborted)
      throw new AbortedError(`Loading ${path} was cancelled.`, undefined, { cause });
    if (WeightsError.isInstance(cause)) throw cause;
    throw new WeightsError(
      `The weight file ${path} cannot be read (${briefly(cause)}).`,
      fileRemedy,
      {
        cause,
      },
    );
  }
}

async function fetchCached(
  url: URL,
  file: WeightFile,
  { cacheDirectory, allowLoopback }: WeightResolverOptions,
  onProgress: OnWeightProgress,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const cache =
    cacheDirectory === null ? undefined : new WeightCache(cacheDirectory ?? weightCacheDirectory());
  const kept = await cache?.read(file, onProgress);
  if (kept !== undefined) return kept;
  const keeper = new Keeper(cache, file);
  try {
    const bytes = await collectVerified(
      downloadWeights(url, file.size, { signal, allowLoopback }),
      file,
      url.href,
      downloadRemedy,
      onProgress,
      (chunk) => keeper.append(chunk),
    );
    await keeper.commit();
    return bytes;
  } finally {
    await keeper.discard();
  }
}

/**
 * Keeps a download on disk as far as the disk allows. A full or read-only disk is told as a process warning, and the
 * weights are used all the same.
 */
class Keeper {
  readonly #cache: WeightCache | undefined;
  readonly #file: WeightFile;
  #entry: CacheEntry | undefined;
  #givenUp = false;

  constructor(cache: WeightCache | undefined, file: WeightFile) {
    this.#cache = cache;
    this.#file = file;
    this.#givenUp = cache === undefined;
  }

  append(chunk: Uint8Array): Promise<void> {
    return this.#attempt(async () => {
      // With the first chunk: an unreachable server leaves no trace.
      this.#entry ??= await this.#cache!.write(this.#file);
      await this.#entry.append(chunk);
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
