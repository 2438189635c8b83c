import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import type { WeightFile } from '../../contracts';
import { AbortedError, BackendError, WeightsError } from '../../errors';
import { weightResolver } from './resolve-weights';
import type { WeightDriver } from './weight-driver';

const content = new Uint8Array(1000).map((_, i) => (i * 31) % 251);
const file: WeightFile = {
  url: 'https://example.org/w.safetensors',
  size: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
};

async function* pieces(bytes: Uint8Array, size = 300) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

/** A platform in memory. */
function fake(serve: (signal: AbortSignal) => AsyncIterable<Uint8Array> = () => pieces(content)) {
  const log: string[] = [];
  const kept: { bytes?: Uint8Array } = {};
  const driver: WeightDriver = {
    source: ({ url }) => ({
      label: url,
      remedy: 'Try again.',
      read: (signal) => {
        log.push('read');
        return serve(signal);
      },
      store: {
        read: async () => kept.bytes && pieces(kept.bytes),
        remove: async () => {
          log.push('removed');
          delete kept.bytes;
        },
        write: () => ({
          append: async (piece) => void log.push(`${piece.length}`),
          commit: async (bytes) => {
            kept.bytes = bytes.slice();
            log.push('kept');
          },
          discard: async () => void log.push('closed'),
        }),
      },
    }),
  };
  return { driver, log, kept };
}

const failure = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error) => error);

describe('weightResolver', () => {
  it('verifies, keeps, and reads what was kept the next time', async () => {
    const { driver, log } = fake();
    const loaded: number[] = [];
    const bytes = await weightResolver(driver)(file, (progress) => loaded.push(progress.loaded));
    expect(bytes).toEqual(content);
    expect(loaded).toEqual([300, 600, 900, 1000]);
    expect(log).toEqual(['read', '300', '300', '300', '100', 'kept', 'closed']);
    log.length = 0;
    expect(await weightResolver(driver)(file)).toEqual(content);
    expect(log).toEqual([]);
  });

  it('throws a damaged file away and fetches it anew', async () => {
    const { driver, log, kept } = fake();
    for (const damaged of [content.slice(1), new Uint8Array(1000), new Uint8Array(2000)]) {
      kept.bytes = damaged;
      log.length = 0;
      expect(await weightResolver(driver)(file)).toEqual(content);
      expect(log.slice(0, 2)).toEqual(['removed', 'read']);
      expect(kept.bytes).toEqual(content);
    }
  });

  it('keeps nothing that does not fit, and remembers no failure', async () => {
    const served = [
      content.slice(1),
      new Uint8Array(1000),
      new Uint8Array([...content, 1]),
      new Uint8Array(),
    ];
    const queue = [...served];
    const { driver, log, kept } = fake(() => pieces(queue.shift() ?? content));
    const resolve = weightResolver(driver);
    for (const _ of served) {
      const error = await failure(resolve(file));
      expect(error).toBeInstanceOf(WeightsError);
      expect((error as WeightsError).remedy).toBe('Try again.');
      expect(log.at(-1)).toBe('closed');
      expect(kept.bytes).toBeUndefined();
    }
    expect(await resolve(file)).toEqual(content);
  });

  it('takes what cannot be read for absent, but goes no further where nothing can be verified', async () => {
    const { driver, kept, log } = fake();
    kept.bytes = content;
    const source = driver.source;
    const broken: WeightDriver = {
      source: (listed) => {
        const { store, ...rest } = source(listed);
        const unreadable = () => {
          throw new Error('the disk');
        };
        const read = async () => ({ [Symbol.asyncIterator]: unreadable });
        return { ...rest, store: { ...store!, read } };
      },
    };
    expect(await weightResolver(broken)(file)).toEqual(content);
    log.length = 0;
    vi.stubGlobal('crypto', {});
    try {
      expect(await failure(weightResolver(driver)(file))).toBeInstanceOf(BackendError);
      expect(log).toEqual([]);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it('shares one transfer, each with bytes and a signal of their own', async () => {
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { driver, log } = fake(async function* () {
      await gate;
      yield* pieces(content);
    });
    const resolve = weightResolver(driver);
    const controller = new AbortController();
    const [one, two] = [resolve(file), resolve(file)];
    const gone = failure(resolve(file, undefined, { signal: controller.signal }));
    controller.abort('enough');
    const error = await gone;
    expect(error).toBeInstanceOf(AbortedError);
    expect((error as AbortedError).cause).toBe('enough');
    open();
    (await one).fill(0);
    expect(await two).toEqual(content);
    expect(log.filter((entry) => entry === 'read')).toHaveLength(1);
  });

  it('stops a transfer when the last has left, and the next does not join it', async () => {
    let stopped = 0;
    const first = fake(async function* (signal) {
      await new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          stopped++;
          reject(new Error('stopped'));
        });
      });
      yield content;
    });
    const resolve = weightResolver(first.driver);
    const controller = new AbortController();
    const alone = failure(resolve(file, undefined, { signal: controller.signal }));
    await new Promise((wait) => setTimeout(wait));
    controller.abort();
    expect(await alone).toBeInstanceOf(AbortedError);
    expect(stopped).toBe(1);
    const late = new AbortController();
    const next = failure(resolve(file, undefined, { signal: late.signal }));
    await new Promise((wait) => setTimeout(wait));
    expect(first.log.filter((entry) => entry === 'read')).toHaveLength(2);
    late.abort();
    await next;
  });

  it('goes where the driver says, and refuses an entry that could not be verified', async () => {
    const { driver } = fake();
    const urls: string[] = [];
    const located: WeightDriver = {
      source: (found) => {
        urls.push(found.url);
        return driver.source(found);
      },
      locate: (listed) => ({ ...listed, url: `https://cdn.test/${listed.name}` }),
    };
    await weightResolver(located)({ ...file, name: 'published.safetensors' });
    expect(urls).toEqual(['https://cdn.test/published.safetensors']);
    const wrong = [
      { sha256: '' },
      { size: -1 },
      { size: 1.5 },
      { size: 2 ** 40 },
      { url: 'w.bin' },
    ];
    for (const part of wrong) {
      expect(await failure(weightResolver(driver)({ ...file, ...part }))).toBeInstanceOf(
        WeightsError,
      );
    }
  });
});
