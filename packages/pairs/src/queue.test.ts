import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useNodeBackend } from '@latent-matte/backend-node';
import * as core from '@latent-matte/backend-node/core';
import * as models from '@latent-matte/backend-node/models';
import * as mocks from '@latent-matte/core/testing';
import {
  freePort,
  hasRedis,
  startRedis,
  type TestRedis,
} from '@latent-matte/test-kit/redis-server';
import { tree } from '@latent-matte/test-kit/tree';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createPairMaker,
  fillOutput,
  GenerationOutput,
  indexRange,
  type NamedPairOptions,
  PairQueue,
  pairOptionsOf,
  type QueueWorkerOptions,
  runQueueWorker,
  runSettings,
} from './index';
import { parseJob, rangesOf } from './queue-job';
import { registerTinyModels } from './testing/tiny-models.mjs';

const options: NamedPairOptions = {
  generator: 'tiny',
  references: ['tiny'],
  trimap: 'tiny',
  discriminator: 'tiny',
  steps: 1,
  gate: false,
};
const setup = new URL('./testing/generate-models.mjs', import.meta.url);
const run = 'ab'.repeat(32);

let folder: string;
beforeAll(async () => {
  registerTinyModels(mocks, { ...core, ...models });
  await useNodeBackend({ device: 'wasm' });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-queue-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('jobs', () => {
  it('are ranges that begin at multiples of their size', () => {
    const jobs = rangesOf(run, [3, 4, 5, 6, 7, 8, 14, 15], 4);
    expect(jobs.map(({ start, count }) => [start, count])).toEqual([
      [3, 1],
      [4, 4],
      [8, 1],
      [14, 2],
    ]);
  });

  it.each([
    [undefined],
    [{ schema: 2, run, start: 0, count: 1 }],
    [{ schema: 1, run: '../etc', start: 0, count: 1 }],
    [{ schema: 1, run, start: -1, count: 1 }],
    [{ schema: 1, run, start: 0, count: 1e9 }],
    [{ schema: 1, run, start: 0, count: 1, out: '/etc' }],
  ])('of strangers are refused: %o', (data) => {
    expect(() => parseJob(data)).toThrow('not one of latent-matte');
    expect(parseJob({ schema: 1, run, start: 7, count: 2 })).toMatchObject({ start: 7 });
  });
});

describe('a Redis that is not there', () => {
  it('is told within seconds, without its password', async () => {
    const port = await freePort();
    const error = await PairQueue.open({ url: `redis://me:secret@127.0.0.1:${port}` }).catch(
      (reason) => reason,
    );
    expect(error).toMatchObject({ code: 'QUEUE' });
    expect(error.message).toContain(`redis://127.0.0.1:${port} cannot be reached (ECONNREFUSED)`);
    expect(error.message).not.toContain('secret');
    for (const url of ['http://x', 'redis', '']) {
      await expect(PairQueue.open({ url })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    }
    await expect(PairQueue.open({ url: 'redis://x', name: 'a b' })).rejects.toThrow('"a b"');
  });
});

describe.skipIf(!hasRedis)('a queue (needs redis-server)', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.stop());
  beforeEach(async () => {
    const client = new Redis(redis.url);
    await client.flushall();
    await client.quit();
  });

  const out = () => join(folder, 'out');
  const open = async (more: Partial<NamedPairOptions> = {}, name = 'out') =>
    GenerationOutput.open(join(folder, name), await runSettings({ ...options, ...more }, 'wasm'));
  const work = (more: Partial<QueueWorkerOptions> = {}) =>
    runQueueWorker({ url: redis.url, out: out(), setup, exitWhenDone: true, ...more });
  const using = async <Value>(use: (queue: PairQueue) => Promise<Value>): Promise<Value> => {
    const queue = await PairQueue.open({ url: redis.url });
    try {
      return await use(queue);
    } finally {
      await queue.close();
    }
  };

  it('gives the bytes of a single process, each pair once', async () => {
    const output = await open();
    expect(await using((queue) => queue.enqueue(output, indexRange(0, 7), 2))).toBe(4);
    const before = await using((queue) => queue.status());
    expect(before).toMatchObject({
      pairs: { total: 7, done: 0, failed: 0 },
      jobs: { waiting: 4, active: 0, completed: 0 },
      workers: 0,
      perMinute: 0,
      remainingSeconds: null,
    });
    const done = await Promise.all([work(), work({ concurrency: 2 })]);
    expect(done.reduce((sum, { pairs }) => sum + pairs, 0)).toBe(7);

    const alone = await open({}, 'alone');
    const maker = await createPairMaker(pairOptionsOf(alone.settings));
    await fillOutput(alone, indexRange(0, 7), maker);
    await alone.writeManifest();
    await maker.close();
    expect(await tree(out())).toEqual(await tree(join(folder, 'alone')));

    const after = await using((queue) => queue.status());
    expect(after).toMatchObject({
      pairs: { total: 7, done: 7, failed: 0 },
      accepted: 7,
      rejected: 0,
      jobs: { waiting: 0, active: 0, completed: 4, failed: 0 },
      remainingSeconds: 0,
      failures: [],
    });
    expect(after.perMinute).toBeGreaterThan(0);
    // What is there is not asked for again; what is lost is.
    expect(await using((queue) => queue.enqueue(output, indexRange(0, 7), 2))).toBe(0);
    await rm(join(out(), '00000', 'alpha', '00000005.png'));
    expect(await using((queue) => queue.enqueue(output, indexRange(0, 7), 2))).toBe(1);
    expect(await work()).toEqual({ jobs: 1, pairs: 1 });
  });

  it('takes back what a stopped worker was at', async () => {
    const output = await open({ steps: 300 });
    await using((queue) => queue.enqueue(output, indexRange(0, 2)));
    const controller = new AbortController();
    const working = work({ signal: controller.signal });
    await using(async (queue) => {
      while ((await queue.status()).jobs.active === 0) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      controller.abort();
      await working;
      expect(await queue.status()).toMatchObject({
        jobs: { waiting: 1, active: 0, completed: 0, failed: 0, delayed: 0 },
      });
    });
  });

  it('says what failed and why, and tries it again when asked', async () => {
    const output = await open({ references: ['broken'] });
    await using((queue) => queue.enqueue(output, [0]));
    await work();
    const { failures, pairs } = await using((queue) => queue.status());
    expect(pairs).toEqual({ total: 1, done: 0, failed: 1 });
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({ start: 0, count: 1, attempts: 1 });
    expect(failures[0]!.reason).toContain('Model "broken" returned alpha of shape');
    expect(await using((queue) => queue.enqueue(output, [0]))).toBe(1);
  });

  it('serves one run, and no strangers', async () => {
    const first = await open();
    await using((queue) => queue.enqueue(first, [0]));
    const second = await open({ seed: 2 }, 'second');
    await expect(using((queue) => queue.enqueue(second, [0]))).rejects.toThrow('of another run');
    // A worker whose folder is that of another run leaves the job to others.
    await expect(work({ out: join(folder, 'second') })).rejects.toThrow('is of another run than');
    expect(await using((queue) => queue.status())).toMatchObject({ jobs: { waiting: 1 } });
    await expect(work({ out: join(folder, 'none') })).rejects.toThrow('no generation.json');

    const raw = new Queue('strange', {
      connection: new Redis(redis.url, { maxRetriesPerRequest: null }),
    });
    await raw.add('pairs', { out: '/etc', start: 0 }, { attempts: 5 });
    await work({ name: 'strange' });
    const strange = await PairQueue.open({ url: redis.url, name: 'strange' });
    const { failures } = await strange.status();
    expect(failures).toMatchObject([{ attempts: 1 }]);
    expect(failures[0]!.reason).toContain('not one of latent-matte');
    await strange.close();
    const { connection } = raw.opts as { connection: Redis };
    await raw.close();
    connection.disconnect();
  });

  it('ends when Redis comes back without its data, and the pairs can be asked for again', async () => {
    const output = await open({ steps: 20 });
    await using((queue) => queue.enqueue(output, indexRange(0, 3), 1));
    const working = work();
    await using(async (queue) => {
      while ((await queue.status()).jobs.active === 0) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });
    const client = new Redis(redis.url);
    await client.flushall();
    await client.quit();
    await expect(working).rejects.toMatchObject({
      code: 'QUEUE',
      message: expect.stringContaining('lost its jobs'),
    });
    const missing = await output.missingOf(indexRange(0, 3));
    expect(missing.length).toBeGreaterThan(0);
    expect(await using((queue) => queue.enqueue(output, indexRange(0, 3), 1))).toBe(missing.length);
  }, 120_000);

  it('says what it waits for when it is to go on and Redis comes back without its data', async () => {
    const output = await open();
    await using((queue) => queue.enqueue(output, [0], 1));
    const stop = new AbortController();
    const notes: string[] = [];
    const client = new Redis(redis.url);
    const flushed = new Promise<void>((resolve, reject) => {
      let tell = () => {};
      const told = new Promise<void>((go) => {
        tell = go;
      });
      const working = work({
        exitWhenDone: false,
        signal: stop.signal,
        onNote: (text) => {
          notes.push(text);
          // Its one job is done; then the data goes.
          if (text.startsWith('pairs ')) client.flushall().catch(reject);
          if (text.includes('is empty')) tell();
        },
      });
      working.catch(reject);
      told
        .then(() => stop.abort())
        .then(() => working)
        .then(() => resolve(), reject);
    });
    await flushed;
    await client.quit();
    expect(notes.at(-1)).toMatch(/waiting for more.*generate --queue/);
    expect(notes.filter((text) => text.includes('is empty'))).toHaveLength(1);
  }, 120_000);

  it('says that Redis asks for a password, or does not take the one given', async () => {
    const closed = await startRedis();
    const client = new Redis(closed.url);
    await client.config('SET', 'requirepass', 'open%sesame');
    await client.quit();
    const opened = () => PairQueue.open({ url: closed.url });
    try {
      await expect(opened()).rejects.toThrow(
        /asks for a password\. Give the password in LATENT_MATTE_REDIS_PASSWORD/,
      );
      vi.stubEnv('LATENT_MATTE_REDIS_PASSWORD', 'wrong');
      await expect(opened()).rejects.toThrow(/does not take this user and password/);
      vi.stubEnv('LATENT_MATTE_REDIS_PASSWORD', 'open%sesame');
      await (await opened()).close();
    } finally {
      vi.unstubAllEnvs();
      await closed.stop();
    }
  });

  it('ends when Redis is gone for good', async () => {
    const brief = await startRedis();
    const output = await open();
    const queue = await PairQueue.open({ url: brief.url });
    await queue.enqueue(output, [0]);
    await queue.close();
    await brief.stop();
    await expect(work({ url: brief.url })).rejects.toMatchObject({ code: 'QUEUE' });
  });
});
