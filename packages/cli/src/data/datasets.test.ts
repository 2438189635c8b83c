import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type RasterImage, writeImage } from '@latent-matte/backend-node';
import { DatasetError } from '@latent-matte/backend-node/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkDatasetCommand } from '../dataset/run';
import { memoryTerminal } from '../testing/fake-enhancement';
import { drawBackgrounds } from './coco';
import { composeOver } from './compose-over';
import type { DatasetLayout } from './dataset';
import { enlarge } from './enlarge';
import { inspectDataset } from './inspect-dataset';
import { readDataset } from './read-dataset';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-layouts-'));
});
afterEach(() => rm(folder, { recursive: true }));

const flat = (channels: 1 | 3, value: number, width = 6, height = 4): RasterImage => ({
  width,
  height,
  channels,
  data: new Uint8Array(width * height * channels).fill(value),
});
const put = async (path: string, image: RasterImage) => {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeImage(join(folder, path), image);
};
const text = async (path: string, lines: readonly string[]) => {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), `${lines.join('\n')}\n`);
};
const check = async (layout: DatasetLayout) => {
  const terminal = memoryTerminal();
  const code = await checkDatasetCommand(folder, { layout }, terminal);
  return { code, out: terminal.outs.join('\n') };
};

describe('tags', () => {
  beforeEach(async () => {
    for (const name of ['a', 'b']) {
      await put(`image/${name}.jpg`, flat(3, 9));
      await put(`alpha/${name}.png`, flat(1, 9));
    }
  });

  it('come from tags.json and profile.txt', async () => {
    await text('tags.json', ['{ "profile": ["b"], "hat": ["a", "b"] }']);
    await text('profile.txt', ['# seen from the side', '', ' a ']);
    const { pictures } = await readDataset(folder);
    expect(pictures.map(({ tags }) => tags)).toEqual([
      ['hat', 'profile'],
      ['hat', 'profile'],
    ]);
    expect((await pictures[0]!.load()).tags).toEqual(['hat', 'profile']);
  });

  it.each([
    ['{ "profile": ["nobody"] }', /tags as "profile" what is not there: nobody/],
    ['{ "profile": "a" }', /is not an object of lists of names/],
    ['{ "profile": [', /is not an object of lists of names/],
    ['null', /is not an object of lists of names/],
  ])('refuses %s', async (json, message) => {
    await text('tags.json', [json]);
    await expect(readDataset(folder)).rejects.toThrow(message);
  });
});

describe('layout shen', () => {
  const pair = async (split: string, number: string) => {
    await put(`${split}/${number}.png`, flat(3, 50));
    await put(`${split}/${number}_matte.png`, flat(1, 200));
  };

  it('pairs portraits with mattes and names the gaps', async () => {
    for (const number of ['00001', '00003']) await pair('testing', number);
    await pair('training', '00001');
    const { pictures, missing } = await readDataset(folder, 'shen');
    expect(pictures.map(({ name }) => name)).toEqual(['00001', '00003']);
    const sample = await pictures[1]!.load();
    expect(sample).toMatchObject({ name: '00003', image: { channels: 3 }, alpha: { channels: 1 } });
    expect(sample.alpha.data[0]).toBe(200);
    expect(missing[1]).toBe('testing/: 00002, 00004, 00005, 00006, 00007 and 293 more');
    const { code, out } = await check('shen');
    expect(code).toBe(1);
    expect(out).toContain('can be used, but is not complete');
    expect(out).toContain('found    1 of 1700 pairs in training/');
  });

  it('names lonely files and missing folders', async () => {
    expect((await check('shen')).out).toContain('has no folder "testing"');
    await pair('testing', '00001');
    await put('testing/00002.png', flat(3, 1));
    await put('testing/00009_matte.png', flat(1, 1));
    const { problems, missing } = await inspectDataset(folder, 'shen');
    expect(problems.map(({ message }) => message.replace(folder, ''))).toEqual([
      '/testing lacks the matte of 00002.png.',
      '/testing has a matte without a portrait: 00009_matte.png.',
    ]);
    expect(missing[0]).toBe('the folder training/ with 1700 pairs');
    await expect(readDataset(folder, 'shen')).rejects.toThrow(
      /lacks the matte of 00002\.png.*and 1 more: latent-matte dataset check --layout shen/,
    );
  });

  it('is complete with 1,700 and 300', async () => {
    for (const [split, count] of [
      ['training', 1700],
      ['testing', 300],
    ] as const) {
      await mkdir(join(folder, split));
      for (let i = 1; i <= count; i++) {
        const name = join(folder, split, String(i).padStart(5, '0'));
        await Promise.all([writeFile(`${name}.png`, ''), writeFile(`${name}_matte.png`, '')]);
      }
    }
    expect(await check('shen')).toMatchObject({ code: 0 });
  });
});

describe('layout adobe', () => {
  const half: RasterImage = {
    ...flat(1, 0),
    data: Uint8Array.from({ length: 24 }, (_, i) => (i % 6 < 3 ? 255 : i % 6 === 3 ? 51 : 0)),
  };

  it('composes each foreground over backgrounds of its own', async () => {
    for (const name of ['x', 'y']) {
      await put(`fg/${name}.png`, flat(3, 100));
      await put(`alpha/${name}.png`, half);
    }
    for (const [index, name] of ['1', '2', '3', '4'].entries()) {
      await put(`bg/${name}.png`, flat(3, 10 * (index + 1), 9, 9));
    }
    const { pictures, missing } = await readDataset(folder, 'adobe');
    expect(pictures.map(({ name }) => name)).toEqual(['x_0', 'x_1', 'y_0', 'y_1']);
    expect(pictures[3]!.files.map((file) => file.replace(folder, ''))).toEqual([
      '/fg/y.png',
      '/alpha/y.png',
      '/bg/4.png',
    ]);
    const { image, alpha } = await pictures[3]!.load();
    expect([alpha.data[3], alpha.data[5]]).toEqual([51, 0]);
    // 0.2 · 100 + 0.8 · 40 = 52.
    expect([0, 3, 5].map((x) => image.data[3 * x])).toEqual([100, 52, 40]);
    expect(missing).toContain('test_bg_names.txt (the published pairing)');
  });

  it('follows the lists and folders of the archive', async () => {
    const licensed = 'Test_set/Adobe-licensed images';
    for (const name of ['p', 'q']) {
      await put(`${licensed}/fg/${name}.png`, flat(3, 100));
      await put(`${licensed}/alpha/${name}.png`, half);
      for (const j of [0, 1]) await put(`${licensed}/trimaps/${name}_${j}.png`, flat(1, 128));
    }
    await text('Test_set/test_fg_names.txt', ['q.png', 'p.png']);
    const names = Array.from({ length: 40 }, (_, i) => `2008_${String(i).padStart(6, '0')}.jpg`);
    await text('Test_set/test_bg_names.txt', names);
    await put('bg/2008_000000.jpg', flat(3, 10));
    await put('bg/2008_000021.jpg', flat(3, 20));
    const { pictures, missing } = await readDataset(folder, 'adobe');
    // Backgrounds 20 … 39 belong to the second foreground of the list.
    expect(pictures.map(({ name, hasTrimap }) => [name, hasTrimap])).toEqual([
      ['q_0', true],
      ['p_1', true],
    ]);
    expect(missing[0]).toMatch(/^38 backgrounds: 2008_000001, .* and 33 more$/);
    await text('portraits.txt', ['p']);
    expect((await readDataset(folder, 'adobe')).names).toEqual(['p_1']);
    await text('portraits.txt', ['nobody']);
    await expect(readDataset(folder, 'adobe')).rejects.toThrow(/not there: nobody/);
  });

  it('names what is missing', async () => {
    const { out, code } = await check('adobe');
    expect(code).toBe(1);
    for (const part of ['/fg.', '/alpha.', '/bg.']) expect(out).toContain(part);
    await put('fg/x.png', flat(3, 1));
    await put('bg/1.png', flat(3, 1));
    await mkdir(join(folder, 'alpha'));
    await mkdir(join(folder, 'trimaps'));
    const { problems } = await inspectDataset(folder, 'adobe');
    expect(problems.map(({ message }) => message.replace(folder, ''))).toEqual([
      '/alpha lacks the alpha of x.',
    ]);
    await put('alpha/x.png', half);
    await expect(readDataset(folder, 'adobe')).rejects.toThrow(/lacks the trimap of x_0/);
  });

  it('refuses a matte of another size when its turn comes', () => {
    expect(() => composeOver('x', flat(3, 1), flat(1, 1, 5, 4), flat(3, 1))).toThrow(DatasetError);
  });
});

describe('layout coco', () => {
  beforeEach(async () => {
    for (const id of [1, 2, 3]) {
      await put(`val2017/${String(id).padStart(12, '0')}.jpg`, flat(3, id));
    }
  });

  it('leaves out pictures of people where annotations say so', async () => {
    const annotations = [
      { image_id: 2, category_id: 1 },
      { image_id: 3, category_id: 18 },
    ];
    await text('annotations/instances_val2017.json', [JSON.stringify({ annotations })]);
    const { backgrounds, found, missing } = await inspectDataset(folder, 'coco');
    expect(backgrounds.map((path) => path.slice(-5))).toEqual(['1.jpg', '3.jpg']);
    expect(found).toEqual(['3 of 5000 pictures in val2017/, 2 used']);
    expect(missing).toEqual(['4997 of the 5000 pictures in val2017/']);
    await text('annotations/instances_val2017.json', ['{"annotations": 3}']);
    await expect(inspectDataset(folder, 'coco')).rejects.toThrow(/not a COCO annotation file/);
  });

  it('says what it wants, and is no data set to evaluate on', async () => {
    expect((await check('coco')).out).toContain('instances_val2017.json in annotations/');
    await rm(join(folder, 'val2017'), { recursive: true });
    expect((await check('coco')).out).toContain('Unpack val2017.zip');
    await expect(readDataset(folder, 'coco')).rejects.toThrow(/no mattes/);
  });

  it('draws backgrounds by the seed, of any folder of pictures', async () => {
    const draw = (seed: number, count = 2) => drawBackgrounds(folder, count, seed);
    expect(await draw(1)).toEqual(await draw(1));
    expect(new Set(await draw(1, 9)).size).toBe(3);
    const seeds = await Promise.all([0, 1, 2, 3, 4, 5].map((seed) => draw(seed)));
    expect(new Set(seeds.map((paths) => paths.join())).size).toBeGreaterThan(1);
    expect(await drawBackgrounds(join(folder, 'val2017'), 9, 0)).toHaveLength(3);
    await mkdir(join(folder, 'empty'));
    await expect(drawBackgrounds(join(folder, 'empty'), 1, 0)).rejects.toThrow(/holds no picture/);
  });
});

describe('enlarge', () => {
  it('is what Pillow 11.3 calls BICUBIC', () => {
    const image: RasterImage = {
      width: 5,
      height: 4,
      channels: 3,
      data: Uint8Array.from({ length: 60 }, (_, i) => (i * 37) % 256),
    };
    const { data } = enlarge(image, [8, 7], [6, 7]);
    const difference = PILLOW.map((value, i) => Math.abs(value - data[i]!));
    // Pillow's weights are fixed-point numbers.
    expect(Math.max(...difference)).toBeLessThanOrEqual(1);
    expect(difference.filter((value) => value > 0).length).toBeLessThan(4);
  });

  it('changes nothing about a plain picture', () => {
    const { data, width, height } = enlarge(flat(3, 77), [13, 9], [13, 5]);
    expect([width, height, ...new Set(data)]).toEqual([13, 5, 77]);
  });
});

it('checks without decoding or writing anything', async () => {
  await put('image/a.png', flat(3, 1));
  await put('alpha/a.png', flat(1, 1));
  const terminal = memoryTerminal();
  const code = await checkDatasetCommand(folder, { layout: 'triples', json: true }, terminal);
  expect(code).toBe(0);
  expect(JSON.parse(terminal.outs.join(''))).toMatchObject({
    layout: 'triples',
    complete: true,
    usable: true,
    pictures: 1,
    problems: [],
  });
  expect((await readdir(folder)).sort()).toEqual(['alpha', 'image']);
});

/** Pillow 11.3.0, `Image.resize((8, 7), BICUBIC).crop((0, 0, 6, 7))` of the picture above. */
const PILLOW = [
  0, 26, 63, 34, 85, 122, 115, 143, 180, 219, 35, 72, 200, 15, 61, 77, 103, 148, 9, 40, 77, 53, 99,
  141, 127, 157, 204, 155, 49, 89, 136, 33, 75, 88, 120, 162, 32, 69, 105, 90, 128, 168, 149, 186,
  231, 50, 78, 117, 31, 66, 103, 110, 153, 191, 56, 92, 140, 116, 160, 133, 173, 226, 121, 53, 107,
  99, 38, 91, 143, 137, 179, 231, 81, 119, 174, 140, 172, 97, 198, 224, 10, 90, 124, 85, 80, 117,
  169, 166, 203, 229, 110, 159, 202, 169, 126, 124, 227, 86, 37, 119, 101, 125, 108, 158, 147, 195,
  232, 92, 124, 181, 216, 183, 97, 143, 241, 4, 61, 133, 86, 150, 122, 180, 131, 209, 246, 10,
];
