import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AbortedError, type WeightFile, WeightsError } from '@latent-matte/core';
import { runScript } from '@latent-matte/test-kit/run-script';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { weightCacheDirectory } from './cache-directory';
import { clearWeightCache, createWeightResolver, resolveWeights } from './resolve-weights';

const content = new Uint8Array(300_000).map((_, i) => (i * 31) % 251);
const sha256 = createHash('sha256').update(content).digest('hex');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-weights-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const failure = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error) => error);

describe('resolveWeights of file: URLs', () => {
  let file: WeightFile;
  beforeEach(async () => {
    await writeFile(join(folder, 'w.safetensors'), content);
    const url = pathToFileURL(join(folder, 'w.safetensors')).href;
    file = { url, size: content.length, sha256 };
  });

  it('reads a file whose size and hash fit, and reports progress to the end', async () => {
    const loaded: number[] = [];
    const bytes = await resolveWeights(file, (progress) => loaded.push(progress.loaded));
    expect(Buffer.compare(bytes, content)).toBe(0);
    expect(loaded.length).toBeGreaterThan(1);
    expect(loaded.at(-1)).toBe(content.length);
    expect(await readdir(folder)).toEqual(['w.safetensors']);
  });

  it('refuses another size, another hash, a missing file, an incomplete entry', async () => {
    const cases: [file: WeightFile, message: string][] = [
      [{ ...file, size: file.size - 1 }, 'bytes instead of'],
      [{ ...file, sha256: '0'.repeat(64) }, 'is not the file in the manifest'],
      [{ ...file, url: `${file.url}.none` }, 'cannot be read'],
      [{ ...file, url: 'w.safetensors' }, 'not complete'],
      [{ ...file, sha256: '../../x' }, 'not complete'],
      [{ ...file, size: 2 ** 40 }, 'not complete'],
      [{ ...file, size: -1 }, 'not complete'],
      [{ ...file, url: 'ftp://example.org/w' }, 'not fetched over ftp:'],
    ];
    for (const [wrong, message] of cases) {
      const error = await failure(resolveWeights(wrong));
      expect(error).toBeInstanceOf(WeightsError);
      expect((error as WeightsError).message).toContain(message);
      expect((error as WeightsError).remedy).not.toBe('');
    }
  });

  it('stops when its signal has fired', async () => {
    const signal = AbortSignal.abort();
    expect(await failure(resolveWeights(file, undefined, { signal }))).toBeInstanceOf(AbortedError);
  });
});

describe('resolveWeights of remote URLs', () => {
  let server: Server;
  let origin: string;
  let requests: string[] = [];
  let respond: (request: IncomingMessage, response: ServerResponse) => void;
  const whole = (_: IncomingMessage, response: ServerResponse) => {
    response.writeHead(200, { 'content-length': content.length });
    response.end(content);
  };
  beforeAll(async () => {
    server = createServer((request, response) => {
      requests.push(request.url ?? '');
      respond(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    requests = [];
    respond = whole;
  });

  const file = (path = '/w'): WeightFile => ({ url: origin + path, size: content.length, sha256 });
  const resolver = () => createWeightResolver({ cacheDirectory: folder, allowLoopback: true });
  const kept = () => readdir(join(folder, 'weights')).catch(() => [] as string[]);

  it('downloads once, then reads from disk, whichever resolver asks', async () => {
    const loaded: number[] = [];
    const bytes = await resolver()(file(), ({ loaded: count }) => loaded.push(count));
    expect(Buffer.compare(bytes, content)).toBe(0);
    expect(loaded.at(-1)).toBe(content.length);
    expect(await kept()).toEqual([sha256]);
    expect(Buffer.compare(await resolver()(file()), content)).toBe(0);
    expect(requests).toEqual(['/w']);
    await clearWeightCache(folder);
    expect(await kept()).toEqual([]);
  });

  it('lets several share a download and a folder', async () => {
    const shared = resolver();
    const all = await Promise.all([
      shared(file()),
      shared(file()),
      resolver()(file()),
      resolver()(file()),
    ]);
    for (const bytes of all) expect(Buffer.compare(bytes, content)).toBe(0);
    expect(requests).toHaveLength(3);
    all[0]![0] = 77;
    expect(all[1]![0]).toBe(content[0]);
    expect(await kept()).toEqual([sha256]);
  });

  it('lets several processes share a folder, one of which finds a damaged file', async () => {
    await mkdir(join(folder, 'weights'));
    await writeFile(join(folder, 'weights', sha256), 'damaged');
    const { url, size } = file();
    const script = new URL('../testing/resolve-once.mjs', import.meta.url);
    const parameters = [folder, url, String(size), sha256];
    const all = await Promise.all([0, 1, 2].map(() => runScript<Uint8Array>(script, parameters)));
    for (const bytes of all) expect(Buffer.compare(bytes, content)).toBe(0);
    expect(await kept()).toEqual([sha256]);
    expect(Buffer.compare(await readFile(join(folder, 'weights', sha256)), content)).toBe(0);
  });

  it.each([
    ['cut short', content.subarray(0, 1000)],
    ['changed', content.map((value, i) => (i === 5 ? value + 1 : value))],
    ['longer', new Uint8Array([...content, 1])],
    ['empty', new Uint8Array()],
  ])('fetches a kept file that was %s anew', async (_, damaged) => {
    await mkdir(join(folder, 'weights'));
    await writeFile(join(folder, 'weights', sha256), damaged);
    expect(Buffer.compare(await resolver()(file()), content)).toBe(0);
    expect(requests).toEqual(['/w']);
    expect(Buffer.compare(await readFile(join(folder, 'weights', sha256)), content)).toBe(0);
  });

  it('replaces a folder that lies where the file should be', async () => {
    await mkdir(join(folder, 'weights', sha256), { recursive: true });
    expect(Buffer.compare(await resolver()(file()), content)).toBe(0);
    expect(Buffer.compare(await readFile(join(folder, 'weights', sha256)), content)).toBe(0);
  });

  it('keeps nothing that does not fit, and stops reading at the declared size', async () => {
    let sent = 0;
    const endless = (_: IncomingMessage, response: ServerResponse) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write(content)) sent += content.length;
        response.once('drain', more);
      };
      more();
    };
    const cases: [typeof respond, string][] = [
      [
        (_, response) => response.end(content.map((value) => value ^ 1)),
        'is not the file in the manifest',
      ],
      [
        (_, response) => {
          response.writeHead(200, { 'transfer-encoding': 'chunked' });
          response.end(content.subarray(1));
        },
        'bytes instead of',
      ],
      [(_, response) => response.end(content.subarray(1)), 'announces 299999'],
      [
        (_, response) => response.writeHead(200, { 'content-length': 9 }).end('123456789'),
        'announces 9',
      ],
      [(_, response) => response.writeHead(404).end(), 'status 404'],
      [(_, response) => response.writeHead(206).end(content), 'status 206'],
      [(_, response) => response.destroy(), 'cannot be fetched'],
      [
        (_, response) => {
          response.writeHead(200, { 'content-length': content.length });
          response.write(content.subarray(0, 5000), () => response.destroy());
        },
        'cannot be fetched',
      ],
      [endless, 'has more than the'],
    ];
    for (const [answer, message] of cases) {
      respond = answer;
      const error = await failure(resolver()(file()));
      expect(error).toBeInstanceOf(WeightsError);
      expect((error as WeightsError).message).toContain(message);
      expect(await kept()).toEqual([]);
    }
    // What the sockets between hold, and no more.
    expect(sent).toBeLessThan(50 * content.length);
  });

  it('follows a few redirects, held to the same rules', async () => {
    respond = (request, response) => {
      const step = Number(request.url?.slice(1) || 0);
      if (step >= 5) whole(request, response);
      else response.writeHead(302, { location: `/${step + 1}` }).end();
    };
    expect(Buffer.compare(await resolver()(file('/0')), content)).toBe(0);
    expect(requests).toHaveLength(6);
    respond = (_, response) => response.writeHead(302, { location: '/again' }).end();
    await clearWeightCache(folder);
    await expect(resolver()(file())).rejects.toThrow('redirects too often');
    for (const location of [
      'http://example.org/w',
      'file:///etc/passwd',
      'https://me:pw@example.org/w',
    ]) {
      respond = (_, response) => response.writeHead(301, { location }).end();
      await expect(resolver()(file())).rejects.toBeInstanceOf(WeightsError);
    }
    expect(await kept()).toEqual([]);
  });

  it('refuses http by default, also to this machine', async () => {
    const strict = createWeightResolver({ cacheDirectory: folder });
    await expect(strict(file())).rejects.toThrow('not fetched over http:');
    await expect(resolver()({ ...file(), url: 'http://example.org/w' })).rejects.toThrow('http:');
    expect(requests).toEqual([]);
  });

  it('cancels a download for the one who asks, and altogether when all have gone', async () => {
    let closed: () => void = () => undefined;
    const connectionClosed = new Promise<void>((resolve) => {
      closed = resolve;
    });
    let finish: () => void = () => undefined;
    respond = (_, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 100_000));
      finish = () => response.end(content.subarray(100_000));
      response.on('close', () => closed());
    };
    const shared = resolver();
    const [first, second] = [new AbortController(), new AbortController()];
    const one = failure(shared(file(), () => first.abort(), { signal: first.signal }));
    const two = shared(file(), undefined, { signal: second.signal });
    expect(await one).toBeInstanceOf(AbortedError);
    finish();
    expect(Buffer.compare(await two, content)).toBe(0);
    expect(requests).toHaveLength(1);

    await clearWeightCache(folder);
    const third = new AbortController();
    const alone = failure(shared(file(), () => third.abort(), { signal: third.signal }));
    expect(await alone).toBeInstanceOf(AbortedError);
    await connectionClosed;
    respond = whole;
    expect(Buffer.compare(await shared(file()), content)).toBe(0);
    expect(await kept()).toEqual([sha256]);
  });

  it('works without a disk to keep it on, and says so', async () => {
    await writeFile(join(folder, 'weights'), 'in the way');
    const warning = new Promise<Error>((resolve) => process.once('warning', resolve));
    expect(Buffer.compare(await resolver()(file()), content)).toBe(0);
    expect((await warning).message).toContain('Weights are not kept on disk');
    const none = createWeightResolver({ cacheDirectory: null, allowLoopback: true });
    expect(Buffer.compare(await none(file()), content)).toBe(0);
  });

  it('sweeps away what crashed downloads left, not what others are writing', async () => {
    const weights = join(folder, 'weights');
    await mkdir(weights);
    for (const name of ['old.part', 'new.part']) await writeFile(join(weights, name), 'x');
    await utimes(join(weights, 'old.part'), 0, 0);
    await resolver()(file());
    expect((await kept()).sort()).toEqual([sha256, 'new.part'].sort());
  });
});

describe('weightCacheDirectory', () => {
  it('is named by the environment, else by the platform', () => {
    vi.stubEnv('LATENT_MATTE_CACHE', folder);
    expect(weightCacheDirectory()).toBe(folder);
    vi.stubEnv('LATENT_MATTE_CACHE', '');
    expect(weightCacheDirectory()).toContain('latent-matte');
    if (process.platform !== 'linux') return;
    vi.stubEnv('XDG_CACHE_HOME', '/var/cache');
    expect(weightCacheDirectory()).toBe('/var/cache/latent-matte');
    vi.stubEnv('XDG_CACHE_HOME', 'relative');
    expect(weightCacheDirectory()).toBe(join(homedir(), '.cache', 'latent-matte'));
  });
});

describe('a file of a package that is installed apart', () => {
  const file = {
    size: 3,
    sha256: '039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81',
  };

  it('is found in the package, from the working directory too', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'latent-matte-apart-'));
    const place = join(folder, 'node_modules/@scope/weights');
    const before = process.cwd();
    try {
      await mkdir(place, { recursive: true });
      await writeFile(join(place, 'package.json'), '{"name":"@scope/weights","version":"1.0.0"}');
      await writeFile(join(place, 'some.bin'), new Uint8Array([1, 2, 3]));
      process.chdir(folder);
      const bytes = await resolveWeights({ url: 'npm:@scope/weights/some.bin', ...file });
      expect([...bytes]).toEqual([1, 2, 3]);
    } finally {
      process.chdir(before);
      await rm(folder, { recursive: true });
    }
  });

  it('is refused by name, with what to install, where it is not', async () => {
    await expect(resolveWeights({ url: 'npm:@scope/elsewhere/some.bin', ...file })).rejects.toThrow(
      /some\.bin is in a package of its own, @scope\/elsewhere.*npm install @scope\/elsewhere/,
    );
  });
});
