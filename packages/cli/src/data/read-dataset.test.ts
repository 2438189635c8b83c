import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeImage } from '@latent-matte/backend-node';
import { DatasetError } from '@latent-matte/backend-node/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeSource } from '../testing/fake-enhancement';
import { readDataset } from './read-dataset';

let folder: string;
const map = {
  width: 24,
  height: 16,
  channels: 1,
  data: new Uint8Array(24 * 16).fill(128),
} as const;
const put = (...parts: string[]) =>
  writeImage(join(folder, ...parts), parts[0] === 'image' ? fakeSource() : map);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-data-'));
  for (const kind of ['image', 'alpha', 'trimap']) await mkdir(join(folder, kind));
  for (const name of ['b', 'a']) {
    await put('image', `${name}.jpg`);
    await put('alpha', `${name}.png`);
    await put('trimap', `${name}.png`);
  }
});
afterEach(() => rm(folder, { recursive: true }));

/** `Array.fromAsync` is younger than Node 20. */
async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const result: Item[] = [];
  for await (const item of items) result.push(item);
  return result;
}

describe('readDataset', () => {
  it('matches by name, whatever the extension, in order', async () => {
    const dataset = await readDataset(folder);
    expect(dataset.names).toEqual(['a', 'b']);
    const samples = await collect(dataset.samples());
    expect(samples.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(samples[0]).toMatchObject({ image: { channels: 3 }, alpha: { channels: 1 } });
    expect(samples[0]?.trimap?.data[0]).toBe(128);
    expect(await collect(dataset.samples(1))).toHaveLength(1);
  });

  it('works without trimaps', async () => {
    await rm(join(folder, 'trimap'), { recursive: true });
    const [sample] = await collect((await readDataset(folder)).samples(1));
    expect(sample).not.toHaveProperty('trimap');
  });

  it('names what is missing, superfluous or there twice', async () => {
    await put('image', 'c.png');
    await expect(readDataset(folder)).rejects.toThrow('lacks the alpha of c');
    await put('alpha', 'c.png');
    await expect(readDataset(folder)).rejects.toThrow('lacks the trimap of c');
    await put('trimap', 'c.png');
    await put('alpha', 'd.png');
    await expect(readDataset(folder)).rejects.toThrow('an alpha without an image: d');
    await rm(join(folder, 'alpha', 'd.png'));
    await put('image', 'a.png');
    await expect(readDataset(folder)).rejects.toThrow('holds "a" twice');
  });

  it('refuses an empty or missing folder', async () => {
    await rm(join(folder, 'image'), { recursive: true });
    await expect(readDataset(folder)).rejects.toThrow('has no folder "image"');
    await mkdir(join(folder, 'image'));
    await expect(readDataset(folder)).rejects.toBeInstanceOf(DatasetError);
    await expect(readDataset(join(folder, 'nowhere'))).rejects.toBeInstanceOf(DatasetError);
  });
});
