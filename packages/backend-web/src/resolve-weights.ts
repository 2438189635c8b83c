import { sha256, type WeightFile, type WeightProgress, WeightsError } from '@latent-matte/core';
import { readBody } from './read-body';

type OnProgress = (progress: WeightProgress) => void;

/** Brings a verified weight file: the `resolveWeights` of a backend. */
export type WeightResolver = (file: WeightFile, onProgress?: OnProgress) => Promise<Uint8Array>;

/** The part of the browser's `caches` that is used. */
export type WeightCacheStorage = Pick<CacheStorage, 'open'>;

export interface WeightResolverOptions {
  /** Default: the global `fetch`. Give your own to add headers or another source. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** Where verified files are kept. Default: the global `caches`, where there is one; `null` keeps nothing. */
  caches?: WeightCacheStorage | null;
}

/** Name of the cache in the browser's Cache API. */
const CACHE_NAME = 'latent-matte-weights';

const manifestRemedy = 'Check the URL and the manifest (models.json), then try again.';

/**
 * Makes a resolver that fetches weight files, verifies size and SHA-256, and only then puts them into the
 * browser's cache. At most the declared number of bytes is read. What comes out of the cache is verified again,
 * and thrown away and fetched anew if it does not fit. Requests for one file at one time share one download.
 *
 * The resolver throws `WeightsError` for an unreachable file, another size or another hash, and `BackendError`
 * on a page that is no secure context, where nothing can be verified.
 */
export function createWeightResolver(options: WeightResolverOptions = {}): WeightResolver {
  const inFlight = new Map<string, { bytes: Promise<Uint8Array>; listeners: Set<OnProgress> }>();

  return async (file, onProgress) => {
    assertWeightFile(file);
    const key = `${file.size}/${file.sha256.toLowerCase()}/${file.url}`;
    const running = inFlight.get(key);
    if (running !== undefined) {
      if (onProgress !== undefined) running.listeners.add(onProgress);
      // A copy: the two callers must not write into each other's bytes.
      return (await running.bytes).slice();
    }
    const listeners = new Set(onProgress === undefined ? [] : [onProgress]);
    const report: OnProgress = (progress) => {
      for (const listener of listeners) listener(progress);
    };
    const bytes = resolve(file, report, options).finally(() => inFlight.delete(key));
    inFlight.set(key, { bytes, listeners });
    return await bytes;
  };
}

/** Removes every cached weight file. */
export async function clearWeightCache(): Promise<void> {
  await globalThis.caches?.delete(CACHE_NAME);
}

async function resolve(
  file: WeightFile,
  onProgress: OnProgress,
  options: WeightResolverOptions,
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
  const bytes = await verifiedBytes(await download(file, options.fetch), file, onProgress);
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
  fetchFile: WeightResolverOptions['fetch'] = (url, init) => fetch(url, init),
): Promise<Response> {
  let response: Response;
  try {
    // The HTTP cache is passed by: a damaged copy in it would come back again and again.
    response = await fetchFile(file.url, { cache: 'no-store' });
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
