import { createHash } from 'node:crypto';
import { AbortedError, BackendError, type WeightFile, WeightsError } from '@latent-matte/core';
import { describe, expect, it, vi } from 'vitest';
import { createWeightResolver, type WeightCacheStorage } from './resolve-weights';

const content = new Uint8Array(200_000).map((_, i) => (i * 31) % 251);
const file: WeightFile = {
  url: 'https://example.org/weights.safetensors',
  size: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
};

/** A body in pieces; `pulled` counts the pieces that were asked for. */
function body(bytes: Uint8Array, piece = 50_000) {
  const counter = { pulled: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const at = counter.pulled++ * piece;
        if (at >= bytes.length) controller.close();
        else controller.enqueue(bytes.slice(at, at + piece));
      },
      cancel() {
        counter.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, counter };
}

/** The Cache API in a map, counting what is put. */
function stubCaches() {
  const entries = new Map<string, Uint8Array>();
  const put = vi.fn(async (key: string, response: Response) => {
    entries.set(key, new Uint8Array(await response.arrayBuffer()));
  });
  const cache = {
    match: async (key: string) => {
      const bytes = entries.get(key);
      return bytes === undefined ? undefined : new Response(bytes as BodyInit);
    },
    put,
    delete: async (key: string) => entries.delete(key),
  };
  return { entries, put, caches: { open: async () => cache } as unknown as WeightCacheStorage };
}

const serve = (bytes: Uint8Array) => vi.fn(async () => new Response(body(bytes).stream));

const failure = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('createWeightResolver', () => {
  it('fetches once, verifies, caches, and reports every piece', async () => {
    const { caches, entries, put } = stubCaches();
    const fetch = serve(content);
    const loaded: number[] = [];
    const first = await createWeightResolver({ fetch, caches })(file, (progress) => {
      loaded.push(progress.loaded);
      expect(progress).toMatchObject({ url: file.url, total: content.length });
    });
    expect(Buffer.compare(first, content)).toBe(0);
    expect(loaded).toEqual([50_000, 100_000, 150_000, 200_000]);
    expect([...entries.keys()]).toEqual([`https://latent-matte.invalid/weights/${file.sha256}`]);

    const again = await createWeightResolver({ fetch, caches })(file);
    expect(Buffer.compare(again, content)).toBe(0);
    expect(fetch).toHaveBeenCalledTimes(1);
    expect(put).toHaveBeenCalledTimes(1);
  });

  it('refuses wrong bytes and leaves the cache empty', async () => {
    const flipped = content.slice();
    flipped[123] ^= 1;
    const cases: [served: Uint8Array, message: string][] = [
      [flipped, 'is not the file in the manifest'],
      [content.slice(1), 'has 199999 bytes instead of 200000'],
      [new Uint8Array([...content, 0]), 'more than the 200000 bytes'],
      [new Uint8Array(0), 'has 0 bytes'],
    ];
    for (const [served, message] of cases) {
      const { caches, put } = stubCaches();
      const error = await failure(createWeightResolver({ fetch: serve(served), caches })(file));
      expect(error).toBeInstanceOf(WeightsError);
      expect((error as WeightsError).message).toContain(message);
      expect((error as WeightsError).remedy).not.toBe('');
      expect(put).not.toHaveBeenCalled();
    }
  });

  it('stops reading a body that is larger than declared', async () => {
    const { stream, counter } = body(new Uint8Array(10_000_000));
    const resolve = createWeightResolver({ fetch: async () => new Response(stream), caches: null });
    expect(await failure(resolve(file))).toBeInstanceOf(WeightsError);
    expect(counter).toEqual({ pulled: 5, cancelled: true });
  });

  it('replaces a cached file that was damaged', async () => {
    const { caches, entries } = stubCaches();
    const key = `https://latent-matte.invalid/weights/${file.sha256}`;
    for (const damaged of [content.slice(0, 100), new Uint8Array(content.length)]) {
      entries.set(key, damaged);
      const fetch = serve(content);
      const bytes = await createWeightResolver({ fetch, caches })(file);
      expect(Buffer.compare(bytes, content)).toBe(0);
      expect(fetch).toHaveBeenCalledTimes(1);
      expect(Buffer.compare(entries.get(key)!, content)).toBe(0);
    }
  });

  it('shares one download between concurrent callers, each with bytes of its own', async () => {
    const { caches, put } = stubCaches();
    const fetch = serve(content);
    const resolve = createWeightResolver({ fetch, caches });
    const [one, two] = await Promise.all([resolve(file), resolve(file)]);
    expect(fetch).toHaveBeenCalledTimes(1);
    expect(put).toHaveBeenCalledTimes(1);
    one.fill(0);
    expect(Buffer.compare(two, content)).toBe(0);
  });

  it('leaves a download to the callers that still wait, and stops it with the last', async () => {
    let transfer: AbortSignal | undefined;
    const resolve = createWeightResolver({
      caches: null,
      fetch: (_, { signal }) => {
        transfer = signal!;
        return new Promise((_, reject) => {
          transfer!.addEventListener('abort', () => reject(transfer!.reason));
        });
      },
    });
    const [one, two] = [new AbortController(), new AbortController()];
    const errors = [one, two].map(({ signal }) => failure(resolve(file, undefined, { signal })));
    await Promise.resolve();
    one.abort();
    expect(await errors[0]).toBeInstanceOf(AbortedError);
    expect(transfer!.aborted).toBe(false);
    two.abort();
    expect(await errors[1]).toBeInstanceOf(AbortedError);
    expect(transfer!.aborted).toBe(true);
    const late = resolve(file, undefined, { signal: AbortSignal.abort() });
    expect(await failure(late)).toBeInstanceOf(AbortedError);
  });

  it('takes files from a folder, under their own names', async () => {
    const fetch = vi.fn(async (_url: string) => new Response(body(content).stream));
    await createWeightResolver({ fetch, caches: null, weightsPath: 'https://cdn.test/w' })(file);
    expect(fetch.mock.calls[0][0]).toBe('https://cdn.test/w/weights.safetensors');
  });

  it('asks a folder for the names that files are published with, not for those of a bundler', async () => {
    const fetch = vi.fn(async (_url: string) => new Response('', { status: 404 }));
    const resolve = createWeightResolver({
      fetch,
      caches: null,
      weightsPath: 'https://cdn.test/w',
    });
    const url = 'https://app.test/assets/weights-BxV3k9aQ.safetensors';
    await failure(resolve({ ...file, url: 'https://app.test/assets/plain.safetensors?v=2' }));
    await failure(resolve({ ...file, url, name: 'mine.safetensors' }));
    expect(fetch.mock.calls.map(([asked]) => asked)).toEqual([
      'https://cdn.test/w/plain.safetensors',
      'https://cdn.test/w/mine.safetensors',
    ]);
  });

  it('forgets a failed download, so that the next call tries again', async () => {
    const fetch = vi
      .fn<() => Promise<Response>>()
      .mockRejectedValueOnce(new TypeError('offline'))
      .mockResolvedValueOnce(new Response('gone', { status: 404 }))
      .mockResolvedValueOnce(new Response(body(content).stream));
    const resolve = createWeightResolver({ fetch, caches: null });
    expect(String(await failure(resolve(file)))).toContain('cannot be fetched');
    expect(String(await failure(resolve(file)))).toContain('status 404');
    expect(await resolve(file)).toHaveLength(content.length);
  });

  it('names a connection that breaks', async () => {
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(content.slice(0, 10));
      },
      pull(controller) {
        controller.error(new TypeError('reset'));
      },
    });
    const resolve = createWeightResolver({ fetch: async () => new Response(stream), caches: null });
    const error = await failure(resolve(file));
    expect(error).toBeInstanceOf(WeightsError);
    expect((error as WeightsError).message).toContain('after 10 of 200000 bytes');
  });

  it('works without a cache, and with one that is forbidden or full', async () => {
    const full = stubCaches();
    full.put.mockRejectedValue(new DOMException('full', 'QuotaExceededError'));
    const forbidden: WeightCacheStorage = {
      open: () => Promise.reject(new DOMException('no', 'SecurityError')),
    };
    for (const caches of [undefined, null, forbidden, full.caches]) {
      const bytes = await createWeightResolver({ fetch: serve(content), caches })(file);
      expect(bytes).toHaveLength(content.length);
    }
  });

  it('refuses a manifest entry it could not verify', async () => {
    const fetch = serve(content);
    const resolve = createWeightResolver({ fetch, caches: null });
    for (const wrong of [{ sha256: '' }, { size: -1 }, { size: 1.5 }, { url: 'weights.bin' }]) {
      expect(await failure(resolve({ ...file, ...wrong }))).toBeInstanceOf(WeightsError);
    }
    expect(fetch).not.toHaveBeenCalled();
  });

  it('caches nothing where nothing can be verified', async () => {
    const { caches, put } = stubCaches();
    vi.stubGlobal('crypto', {});
    try {
      const error = await failure(createWeightResolver({ fetch: serve(content), caches })(file));
      expect(error).toBeInstanceOf(BackendError);
      expect(put).not.toHaveBeenCalled();
    } finally {
      vi.unstubAllGlobals();
    }
  });
});
