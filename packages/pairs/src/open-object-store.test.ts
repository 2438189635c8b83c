import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@latent-matte/test-kit/redis-server';
import { startS3, type TestS3 } from '@latent-matte/test-kit/s3-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBucketAddress } from './bucket-store';
import type { ObjectStore } from './object-store';
import { openObjectStore } from './open-object-store';

let folder: string;
let s3: TestS3;
const before = { ...process.env };
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-store-'));
  s3 = await startS3('pairs', 7);
  Object.assign(process.env, s3.environment);
});
afterAll(async () => {
  process.env = before;
  await s3.stop();
  await rm(folder, { recursive: true });
});

const text = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

describe.each([
  ['a folder', () => join(folder, 'made', 'store')],
  ['a bucket', () => 's3://pairs/run/1/'],
])('%s as a store', (_, address) => {
  it('keeps objects whole, replaces them, and knows what it lacks', async () => {
    const store = await openObjectStore(address());
    await store.put('a.json', '{}');
    await store.put('00000/image/00000001.png', new Uint8Array([1, 2, 3]));
    await store.put('a.json', '{"longer":1}');
    expect(text(await store.get('a.json'))).toBe('{"longer":1}');
    expect(await store.get('00000/image/00000001.png')).toEqual(
      expect.objectContaining({ length: 3 }),
    );
    expect(await store.size('a.json')).toBe(12);
    for (const absent of ['b.json', 'a.json/c', '00000/image/2.png']) {
      expect(await store.get(absent)).toBeUndefined();
      expect(await store.size(absent)).toBeUndefined();
    }
    expect(sorted(await store.list())).toEqual([
      { key: '00000/image/00000001.png', size: 3 },
      { key: 'a.json', size: 12 },
    ]);
    store.close();
  });

  it('lists many objects', async () => {
    const store = await openObjectStore(address());
    const keys = Array.from({ length: 30 }, (_, i) => `rejected/00000/record/${i}.json`);
    await Promise.all(keys.map((key) => store.put(key, key)));
    const found = (await store.list()).map(({ key }) => key);
    expect(found.filter((key) => key.startsWith('rejected/')).sort()).toEqual(keys.sort());
    store.close();
  });
});

const sorted = (objects: Awaited<ReturnType<ObjectStore['list']>>) =>
  [...objects].sort((a, b) => (a.key < b.key ? -1 : 1));

describe('a folder', () => {
  it('is tidied of what killed writers left, not of what living ones write', async () => {
    const store = await openObjectStore(folder);
    await mkdir(join(folder, '00000'), { recursive: true });
    const names = [999_999_999, process.pid].map((pid) => `.a.png.${pid}.01234567.tmp`);
    for (const name of names) await writeFile(join(folder, '00000', name), '');
    const left = async () => {
      const sizes = names.map((name) => store.size(`00000/${name}`));
      return (await Promise.all(sizes)).map((size) => size !== undefined);
    };
    expect((await store.list()).some(({ key }) => key.endsWith('.tmp'))).toBe(false);
    await store.tidy(false);
    expect(await left()).toEqual([false, true]);
    await store.tidy(true);
    expect(await left()).toEqual([false, false]);
  });
});

describe('a bucket', () => {
  it('is tried again when it is busy', async () => {
    const store = await openObjectStore('s3://pairs/busy');
    s3.busy = 2;
    await store.put('a', 'b');
    expect(s3.busy).toBe(0);
    expect(s3.objects.get('busy/a')?.toString()).toBe('b');
    store.close();
  });

  it('says what is wrong', async () => {
    await expect(openObjectStore('s3://other/x')).rejects.toMatchObject({
      code: 'OUTPUT',
      message: expect.stringContaining('NoSuchBucket'),
    });
    process.env.AWS_SECRET_ACCESS_KEY = 'wrong';
    await expect(openObjectStore('s3://pairs/x')).rejects.toThrow('SignatureDoesNotMatch');
    process.env.AWS_SECRET_ACCESS_KEY = s3.environment.AWS_SECRET_ACCESS_KEY;
    process.env.AWS_ENDPOINT_URL_S3 = `http://127.0.0.1:${await freePort()}`;
    await expect(openObjectStore('s3://pairs/x')).rejects.toThrow('ECONNREFUSED');
    process.env.AWS_ENDPOINT_URL_S3 = s3.environment.AWS_ENDPOINT_URL_S3;
  });

  it('has an address', () => {
    expect(parseBucketAddress('s3://pairs')).toEqual({ bucket: 'pairs', prefix: '' });
    expect(parseBucketAddress('s3://pairs//a/b')).toEqual({ bucket: 'pairs', prefix: 'a/b/' });
    for (const wrong of ['s3:pairs', 's3://', 's3://UPPER/x', 's3://a']) {
      expect(() => parseBucketAddress(wrong)).toThrow('no address of a bucket');
    }
  });
});
