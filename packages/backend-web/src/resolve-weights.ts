import type { WeightFile } from '@latent-matte/core';
import {
  assertOptionsOf,
  packageFile,
  packageMissing,
  type WeightResolver,
  type WeightStore,
  WeightsError,
  weightResolver,
} from '@latent-matte/core/caller';
import { absoluteFolder, absoluteUrl, absoluteUrls, type WeightUrls } from './absolute-url';
import { publishedName } from './published-name';
import { readBody } from './read-body';

export type { WeightResolver } from '@latent-matte/core/caller';
export type { WeightUrls } from './absolute-url';

/** The part of the browser's `caches` that is used. */
export type WeightCacheStorage = Pick<CacheStorage, 'open'>;

export interface WeightResolverOptions {
  /** Default: the global `fetch`. Give your own to add headers or another source. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** Where verified files are kept. Default: the global `caches`, where there is one; `null` keeps nothing. */
  caches?: WeightCacheStorage | null;
  /**
   * Folder URL that holds the weight files under the names they are published with, whatever a bundler makes of those:
   * `https://cdn.jsdelivr.net/npm/@latent-matte/compact@0.1.0/weights/`. Default: the URL that each file comes with.
   */
  weightsPath?: string;
  /** URLs of single files, by the names they are published with; before `weightsPath`. */
  weightUrls?: WeightUrls;
}

/** Name of the cache in the browser's Cache API. */
const CACHE_NAME = 'latent-matte-weights';

const remedy = 'Check the URL and the manifest (models.json), then try again.';

/**
 * Makes a resolver that fetches weight files, verifies size and SHA-256, and only then puts them into the
 * browser's cache. At most the declared number of bytes is read. What comes out of the cache is verified again,
 * and thrown away and fetched anew if it does not fit. Requests for one file at one time share one download.
 *
 * The resolver throws `WeightsError` for an unreachable file, another size or another hash, `AbortedError` when its
 * signal fires, and `BackendError` on a page that is no secure context, where nothing can be verified. A download
 * stops when all who wait for it have been aborted.
 *
 * ```ts
 * import { createWeightResolver, useWebBackend } from '@latent-matte/backend-web/page';
 *
 * const resolveWeights = createWeightResolver({ weightsPath: 'https://cdn.example/weights/' });
 * await useWebBackend({ resolveWeights });
 * ```
 */
export function createWeightResolver(options: WeightResolverOptions = {}): WeightResolver {
  // null is a value here: it keeps nothing.
  const values = options?.caches === null ? { ...options, caches: undefined } : options;
  assertOptionsOf<WeightResolverOptions>('createWeightResolver', values, {
    fetch: { is: 'callback' },
    caches: { is: 'value', noun: 'a CacheStorage' },
    weightsPath: { is: 'value', noun: 'the URL of a folder' },
    weightUrls: { is: 'value', noun: 'URLs by file name' },
  });
  const folder =
    options.weightsPath === undefined ? undefined : absoluteFolder(options.weightsPath);
  const urls = absoluteUrls(options.weightUrls ?? {});
  return weightResolver({
    locate: (file) => ({ ...file, url: urls[publishedName(file)] ?? addressOf(file, folder) }),
    source: (file) => ({
      label: file.url,
      remedy,
      read: (signal) => download(file, signal, options.fetch),
      store: storeOf(file, options.caches),
    }),
  });
}

/**
 * Removes every cached weight file.
 *
 * ```ts
 * import { clearWeightCache } from '@latent-matte/backend-web/page';
 *
 * await clearWeightCache();
 * ```
 */
export async function clearWeightCache(): Promise<void> {
  await globalThis.caches?.delete(CACHE_NAME);
}

/** @throws WeightsError a file of a package that is installed apart, of which no URL is known */
function addressOf(file: WeightFile, folder: string | undefined): string {
  if (folder !== undefined) return folder + publishedName(file);
  const apart = packageFile(file.url);
  if (apart === undefined) return absoluteUrl(file.url);
  throw packageMissing(
    apart,
    `Install ${apart.package} and give useWebBackend \`weightUrls\` (see its README), or put its files into the folder of \`weightsPath\`.`,
  );
}

/** One file in the Cache API. */
function storeOf(file: WeightFile, caches: WeightCacheStorage | null | undefined): WeightStore {
  // By content, not by URL: a file that changes behind its URL is another file.
  const key = `https://latent-matte.invalid/weights/${file.sha256.toLowerCase()}`;
  const opened = openCache(caches);
  return {
    read: async () => {
      const response = await (await opened)?.match(key).catch(() => undefined);
      return response && readBody(response, file);
    },
    remove: async () => void (await (await opened)?.delete(key).catch(() => false)),
    write: () => ({
      append: async () => undefined,
      commit: async (bytes) => {
        // A full disk or a private window: the file is good, it just is not kept.
        await (await opened)?.put(key, new Response(bytes as BodyInit)).catch(() => undefined);
      },
      discard: async () => undefined,
    }),
  };
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

async function* download(
  file: WeightFile,
  signal: AbortSignal,
  fetchFile: WeightResolverOptions['fetch'] = (url, init) => fetch(url, init),
): AsyncGenerator<Uint8Array, void, void> {
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
      remedy,
    );
  }
  yield* readBody(response, file);
}
