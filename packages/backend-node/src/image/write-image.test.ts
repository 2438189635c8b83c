import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  InvalidImageError,
  InvalidOptionError,
  OutputError,
  type RasterImage,
} from '@latent-matte/core';
import { makeFolder } from '@latent-matte/files/make-folder';
import { writeFileAtomic } from '@latent-matte/files/write-file-atomic';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readImage } from './read-image';
import { readMap } from './read-map';
import { encodeImage, writeImage } from './write-image';

const disk = vi.hoisted(() => ({ full: false }));
vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>();
  return {
    ...original,
    open: async (...parameters: Parameters<typeof original.open>) => {
      const file = await original.open(...parameters);
      if (disk.full) {
        file.writeFile = () =>
          Promise.reject(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }));
      }
      return file;
    },
  };
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-write-'));
});
afterEach(async () => {
  disk.full = false;
  await rm(folder, { recursive: true });
});

const map: RasterImage = {
  width: 3,
  height: 1,
  channels: 1,
  data: new Float32Array([0, 0.5, 1]),
};
const rgba: RasterImage = {
  width: 1,
  height: 1,
  channels: 4,
  data: new Float32Array([1, 0.2, 0, 0.4]),
};

describe('writeImage', () => {
  it.each(['png', 'jpg', 'JPEG', 'webp'])('writes .%s', async (extension) => {
    const data = new Float32Array(32 * 16 * 3).fill(0.6);
    const path = join(folder, `picture.${extension}`);
    await writeImage(path, { width: 32, height: 16, channels: 3, data });
    const back = await readImage(path);
    expect([back.width, back.height]).toEqual([32, 16]);
    expect(Math.abs(back.data[40]! - 153)).toBeLessThanOrEqual(2);
    expect(await readdir(folder)).toEqual([`picture.${extension}`]);
  });

  it('writes a one-channel PNG as grey, 8 and 16 bits', async () => {
    const bytes = await encodeImage(map, 'png');
    expect(await sharp(bytes).metadata()).toMatchObject({ channels: 1, depth: 'uchar' });
    expect([...(await readMap(bytes)).data]).toEqual([0, 128, 255]);
    const deep = await encodeImage(map, 'png', { depth: 16 });
    expect(await sharp(deep).metadata()).toMatchObject({ channels: 1, depth: 'ushort' });
    expect([...(await readMap(deep)).data]).toEqual([0, 32768, 65535]);
  });

  it('keeps 16-bit data and every alpha value', async () => {
    const data = new Uint16Array([1, 2, 65_535]);
    const back = await readImage(
      await encodeImage({ width: 1, height: 1, channels: 3, data }, 'png'),
    );
    expect([...back.data]).toEqual([...data]);
    const raw = await sharp(await encodeImage(rgba, 'png'))
      .raw()
      .toBuffer();
    expect([...raw]).toEqual([255, 51, 0, 102]);
  });

  it('scales down to maxSide, never up', async () => {
    const data = new Float32Array(32 * 16 * 3).fill(0.6);
    const picture: RasterImage = { width: 32, height: 16, channels: 3, data };
    const small = await sharp(await encodeImage(picture, 'webp', { maxSide: 8 })).metadata();
    expect([small.width, small.height]).toEqual([8, 4]);
    const same = await sharp(await encodeImage(picture, 'png', { maxSide: 99 })).metadata();
    expect([same.width, same.height]).toEqual([32, 16]);
  });

  it('clamps floats, and refuses those of another scale', async () => {
    const data = new Float32Array([-0.5, 0.25, 1.9]);
    expect([...(await readMap(await encodeImage({ ...map, data }, 'png'))).data]).toEqual([
      0, 64, 255,
    ]);
    const levels = new Float32Array([0, 64, 255]);
    await expect(encodeImage({ ...map, data: levels }, 'png')).rejects.toThrow(/from 0 to 255/);
  });

  it('refuses what it cannot write', async () => {
    await expect(encodeImage(rgba, 'jpeg')).rejects.toBeInstanceOf(InvalidOptionError);
    await expect(encodeImage(map, 'webp', { quality: 0 })).rejects.toBeInstanceOf(
      InvalidOptionError,
    );
    await expect(writeImage(join(folder, 'a.bmp'), map)).rejects.toThrow('.png, .jpg or .webp');
    await expect(encodeImage({ ...map, width: 2 }, 'png')).rejects.toBeInstanceOf(
      InvalidImageError,
    );
    const data = new Float32Array([0, Number.NaN, 1]);
    await expect(encodeImage({ ...map, data }, 'png')).rejects.toThrow('NaN');
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('writeFileAtomic', () => {
  it('replaces a file', async () => {
    const path = join(folder, 'a.txt');
    await writeFileAtomic(path, 'one');
    await writeFileAtomic(path, new TextEncoder().encode('two'));
    expect(await readFile(path, 'utf8')).toBe('two');
    expect(await readdir(folder)).toEqual(['a.txt']);
  });

  it('leaves the older file and nothing else behind on a full disk', async () => {
    const path = join(folder, 'a.txt');
    await writeFile(path, 'old');
    disk.full = true;
    const error = await writeFileAtomic(path, 'new').catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(OutputError);
    expect((error as OutputError).message).toContain('the disk is full');
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['a.txt']);
  });

  it('says what is in the way', async () => {
    await mkdir(join(folder, 'taken'));
    await writeFile(join(folder, 'file'), '');
    await expect(writeFileAtomic(join(folder, 'taken'), 'x')).rejects.toThrow('it is a folder');
    await expect(writeFileAtomic(join(folder, 'none', 'x'), 'x')).rejects.toThrow(
      'its folder does not exist',
    );
    await expect(writeFileAtomic(join(folder, 'file', 'x'), 'x')).rejects.toThrow('is a file');
    await expect(writeFileAtomic(join(folder, 'none', 'x'), 'x')).rejects.toBeInstanceOf(
      OutputError,
    );
  });

  it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
    'refuses a folder without write permission',
    async () => {
      const closed = join(folder, 'closed');
      await mkdir(closed, { mode: 0o555 });
      await expect(writeFileAtomic(join(closed, 'x'), 'x')).rejects.toThrow('permission');
    },
  );
});

describe('makeFolder', () => {
  it('makes a folder with its parents, twice if asked', async () => {
    const path = join(folder, 'a', 'b');
    await makeFolder(path);
    await makeFolder(path);
    expect(await readdir(join(folder, 'a'))).toEqual(['b']);
  });

  it('refuses what cannot be a folder, without hanging', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(makeFolder(join(folder, 'file'))).rejects.toBeInstanceOf(OutputError);
    await expect(makeFolder(join(folder, 'file', 'a'))).rejects.toBeInstanceOf(OutputError);
    if (process.platform === 'linux') {
      await expect(makeFolder('/proc/latent-matte/a')).rejects.toBeInstanceOf(OutputError);
    }
  });
});
