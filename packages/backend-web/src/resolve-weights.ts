import {
  AbortedError,
  type ResolveWeightsOptions,
  sha256,
  type WeightFile,
  type WeightProgress,
  WeightsError,
} from '@latent-matte/core';
import { absoluteFolder } from './absolute-url';
import { readBody } from './read-body';

type OnProgress = (progress: WeightProgress) => void;

/** Brings a verified weight file: the `resolveWeights` of a backend. */
export type WeightResolver = (
  file: WeightFile,
  onProgress?: OnProgress,
  options?: ResolveWeightsOptions,
) => Promise<Uint8Array>;

/** The part of the browser's `caches` that is used. */
export type WeightCacheStorage = Pick<CacheStorage, 'open'>;

export interface WeightResolverOptions {
  /** Default: the global `fetch`. Give your own to add headers or another source. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** Where verified files are kept. Default: the global `caches`, where there is one; `null` keeps nothing. */
  caches?: WeightCacheStorage | null;
  /** Folder URL that holds the weight files under their own names. Default: the URL that each file comes with. */
  weightsPath?: string;
}

/** Name of the cache in the browser's Cache API. */
const CACHE_NAME = 'latent-matte-weights';

const manifestRemedy = 'Check the URL and the manifest (models.json), then try again.';

/**
 * Makes a resolver that fetches weight files, verifies size and SHA-256, and only then puts them into the
 * browser's cache. At most the declared number of bytes is read. What comes out of the cache is verified again,
 * and thrown away and fetched anew if it does not fit. Requests for one file at one time share one download.
 *
 * The resolver throws `WeightsError` for an unreachable file, another size or another hash, `AbortedError` when its
 * signal fires, and `BackendError` on a page that is no secure context, where nothing can be verified. A download
 * stops when all who wait for it have been aborted.
 */
export function createWeightResolver(options: WeightResolverOptions = {}): WeightResolver {
  const inFlight = new Map<string, Download>();
  const folder =
    options.weightsPath === undefined ? undefined : absoluteFolder(options.weightsPath);

  return async (listed, onProgress, { signal } = {}) => {
    const file = folder === undefined ? listed : { ...listed, url: folder + fileName(listed.url) };
    assertWeightFile(file);
    if (signal?.aborted) throw aborted(file, signal);
    const key = `${file.size}/${file.sha256.toLowerCase()}/${file.url}`;
    let download = inFlight.get(key);
    if (download === undefined) {
      download = new Download(file, options);
      const started = download;
      inFlight.set(key, started);
      const forget = () => inFlight.get(key) === started && inFlight.delete(key);
      // Before the last waiter aborts it, so that the next caller does not join a download that ends.
      started.stopped.addEventListener('abort', forget);
      started.bytes.then(forget, forget);
    }
    return await download.join(onProgress, signal);
  };
}

/** One transfer and those who wait for it. */
class Download {
  readonly bytes: Promise<Uint8Array>;
  readonly #file: WeightFile;
  readonly #listeners = new Set<OnProgress>();
  readonly #controller = new AbortController();
  #waiting = 0;
  #joined = 0;

  constructor(file: WeightFile, options: WeightResolverOptions) {
    this.#file = file;
    const report: OnProgress = (progress) => {
      for (const listener of this.#listeners) listener(progress);
    };
    this.bytes = resolve(file, report, options, this.stopped);
  }

  /** Fires when nobody waits any more. */
  get stopped(): AbortSignal {
    return this.#controller.signal;
  }

  async join(onProgress: OnProgress | undefined, signal: AbortSignal | undefined) {
    if (onProgress !== undefined) this.#listeners.add(onProgress);
    this.#waiting += 1;
    this.#joined += 1;
    let leave: () => void = () => undefined;
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(aborted(this.#file, signal));
    });
    signal?.addEventListener('abort', leave);
    try {
      const bytes = await Promise.race([this.bytes, left]);
      // Copies: the callers must not write into each other's bytes.
      return this.#joined > 1 ? bytes.slice() : bytes;
    } finally {
      signal?.removeEventListener('abort', leave);
      if (onProgress !== undefined) this.#listeners.delete(onProgress);
      this.#waiting -= 1;
      if (this.#waiting === 0) this.#controller.abort();
    }
  }
}

const aborted = (file: WeightFile, signal: AbortSignal | undefined): AbortedError =>
  new AbortedError(`Cancelled while loading ${file.url}.`, undefined, { cause: signal?.reason });

const fileName = (url: string): string => url.slice(url.lastIndexOf('/') + 1).split(/[?#]/)[0];

/** Removes every cached weight file. */
export async function clearWeightCache(): Promise<void> {
  await globalThis.caches?.delete(CACHE_NAME);
}

async function resolve(
  file: WeightFile,
  onProgress: OnProgress,
  options: WeightResolverOptions,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const cache = await openCache(options.caches);
  // By content, not by URL: a file that changes behind its URL is another file.
  const key = `https://latent-matte.invalid/weights/${file.sha256.toLowerCase()}`;
  const cached = await cache?.match(key).catch(() => undefined);
  if (cache !== undefined && cached !== undefined) {
    try {
      return await verifiedBytes(cached, file, onProgress);
    } catch (error) {
      if (!WeightsError.isInstance(error) || error.code !== 'WEIGHTS') throw error;
      await cache.delete(key).catch(() => false);
    }
  }
  const bytes = await verifiedBytes(await download(file, signal, options.fetch), file, onProgress);
  // A full disk or a private window: the file is good, it just is not kept.
  await cache?.put(key, new Response(bytes as BodyInit)).catch(() => undefined);
  return bytes;
}

async function openCache(
  caches: WeightCacheStorage | null | undefined,
): Promise<Cache | undefined> {
  const storage = caches === undefined ? globalThis.caches : caches;
  try {
    return await storage?.open(CACHE_NAME);
  } catch {
    // Forbidden in some private windows and sandboxed frames; weights are fetched each time then.
    return undefined;
  }
}

async function download(
  file: WeightFile,
  signal: AbortSignal,
  fetchFile: WeightResolverOptions['fetch'] = (url, init) => fetch(url, init),
): Promise<Response> {
  let response: Response;
  try {
    // The HTTP cache is passed by: a damaged copy in it would come back again and again.
    response = await fetchFile(file.url, { cache: 'no-store', signal });
  } catch (cause) {
    throw new WeightsError(
      `The weights at ${file.url} cannot be fetched.`,
      'Check the network, and that the server allows this page to read them (CORS).',
      { cause },
    );
  }
  if (!response.ok) {
    await response.body?.cancel().catch(() => undefined);
    throw new WeightsError(
      `The weights at ${file.url} cannot be fetched: status ${response.status}.`,
      manifestRemedy,
    );
  }
  return response;
}

async function verifiedBytes(
  response: Response,
  file: WeightFile,
  onProgress: OnProgress,
): Promise<Uint8Array> {
  const bytes = await readBody(response, file, onProgress);
  const digest = await sha256(bytes);
  if (digest !== file.sha256.toLowerCase()) {
    throw new WeightsError(
      `${file.url} is not the file in the manifest: SHA-256 ${digest.slice(0, 12)}… instead of ${file.sha256.slice(0, 12)}….`,
      manifestRemedy,
    );
  }
  return bytes;
}

/** @throws WeightsError */
function assertWeightFile({ url, size, sha256: hash }: WeightFile): void {
  if (
    !URL.canParse(url) ||
    !Number.isSafeInteger(size) ||
    size < 1 ||
    !/^[0-9a-f]{64}$/i.test(hash)
  ) {
    throw new WeightsError(
      `The manifest entry for ${url} is not complete.`,
      'It needs an absolute URL, the size in bytes and a SHA-256 of 64 hex digits.',
    );
  }
}
