import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { crc32 } from 'node:zlib';
import { ImageTooLargeError, InvalidImageError, type RasterImage } from '@latent-matte/core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readImage } from './read-image';
import { readMap } from './read-map';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-read-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** 4 × 2 RGB: left half red, right half blue. */
const redBlue = (width = 4, height = 2) => {
  const data = Buffer.alloc(width * height * 3);
  for (let i = 0; i < width * height; i++) data[i * 3 + (i % width < width / 2 ? 0 : 2)] = 255;
  return sharp(data, { raw: { width, height, channels: 3 } });
};
const noise = (width: number, height: number) => {
  const data = Buffer.alloc(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = (i * 7919 + (i >> 5) * 104729) % 256;
  return sharp(data, { raw: { width, height, channels: 3 } });
};
const pixel = ({ data, width, channels }: RasterImage, x: number, y: number) => [
  ...data.slice((y * width + x) * channels, (y * width + x + 1) * channels),
];
const near = (actual: number[], expected: number[], tolerance: number) => {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) {
    expect(Math.abs(actual[i]! - value), `${actual} against ${expected}`).toBeLessThanOrEqual(
      tolerance,
    );
  }
};

/** A PNG with the given header and no usable pixel data. */
function pngHeader(width: number, height: number): Buffer {
  const chunk = (type: string, body: Buffer) => {
    const named = Buffer.concat([Buffer.from(type, 'latin1'), body]);
    const result = Buffer.alloc(named.length + 8);
    result.writeUInt32BE(body.length, 0);
    named.copy(result, 4);
    result.writeUInt32BE(crc(named), named.length + 4);
    return result;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', Buffer.from([0x78, 0x9c, 0x63, 0x00, 0x00, 0x00, 0x01, 0x00, 0x01])),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** `zlib.crc32` is younger than Node 20.0. */
function crc(bytes: Buffer): number {
  if (typeof crc32 === 'function') return crc32(bytes);
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return (value ^ 0xffffffff) >>> 0;
}

describe('readImage', () => {
  it.each(['png', 'webp', 'jpeg', 'avif', 'tiff'] as const)('reads %s', async (format) => {
    const options = format === 'webp' || format === 'avif' ? { lossless: true } : {};
    const bytes = await redBlue(32, 16)
      .toFormat(format, { ...options, quality: 100 })
      .toBuffer();
    const image = await readImage(new Uint8Array(bytes));
    expect([image.width, image.height, image.channels]).toEqual([32, 16, 3]);
    near(pixel(image, 2, 2), [255, 0, 0], 6);
    near(pixel(image, 29, 2), [0, 0, 255], 6);
  });

  it('reads a path, a file: URL object and a file: URL string alike', async () => {
    const path = join(folder, 'rot blau.png');
    await redBlue().png().toFile(path);
    const expected = await readImage(path);
    expect(await readImage(pathToFileURL(path))).toEqual(expected);
    expect(await readImage(pathToFileURL(path).href)).toEqual(expected);
  });

  it('reads a 1 × 1 image', async () => {
    const bytes = await sharp({
      create: { width: 1, height: 1, channels: 3, background: '#102030' },
    })
      .png()
      .toBuffer();
    expect(await readImage(bytes)).toEqual({
      width: 1,
      height: 1,
      channels: 3,
      data: new Uint8Array([16, 32, 48]),
    });
  });

  it('turns a picture upright by its EXIF orientation', async () => {
    // 6: the stored picture must be turned 90° clockwise; its left (red) becomes the top.
    const bytes = await redBlue(32, 16).withMetadata({ orientation: 6 }).png().toBuffer();
    const image = await readImage(bytes);
    expect([image.width, image.height]).toEqual([16, 32]);
    near(pixel(image, 8, 2), [255, 0, 0], 0);
    near(pixel(image, 8, 30), [0, 0, 255], 0);
  });

  it('keeps 16 bits', async () => {
    const data = new Uint16Array([0, 257, 32769, 65535, 12345, 54321]);
    const bytes = await sharp(data, { raw: { width: 2, height: 1, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    const image = await readImage(bytes);
    expect(image.data).toBeInstanceOf(Uint16Array);
    expect([...image.data]).toEqual([...data]);
  });

  it('spreads grey over three channels, 8 and 16 bits', async () => {
    const grey8 = await sharp(Buffer.from([0, 77, 255]), {
      raw: { width: 3, height: 1, channels: 1 },
    })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    expect([...(await readImage(grey8)).data]).toEqual([0, 0, 0, 77, 77, 77, 255, 255, 255]);
    const grey16 = await sharp(new Uint16Array([0, 30001]), {
      raw: { width: 2, height: 1, channels: 1 },
    })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    expect([...(await readImage(grey16)).data]).toEqual([0, 0, 0, 30001, 30001, 30001]);
  });

  it('reads a paletted PNG', async () => {
    const bytes = await redBlue(32, 16).png({ palette: true }).toBuffer();
    expect((await sharp(bytes).metadata()).isPalette).toBe(true);
    near(pixel(await readImage(bytes), 2, 2), [255, 0, 0], 2);
  });

  it('converts CMYK to sRGB', async () => {
    const bytes = await redBlue(32, 16).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
    expect((await sharp(bytes).metadata()).space).toBe('cmyk');
    const image = await readImage(bytes);
    expect(image.channels).toBe(3);
    // Press red is duller than screen red; the channels must still be the right way round.
    const [red, green, blue] = pixel(image, 2, 2);
    expect(red).toBeGreaterThan(180);
    expect(Math.max(green!, blue!)).toBeLessThan(90);
  });

  it('converts a wide-gamut profile to sRGB', async () => {
    const grey = sharp({ create: { width: 8, height: 8, channels: 3, background: '#b08060' } });
    const bytes = await grey.withIccProfile('p3').png().toBuffer();
    const stored = await sharp(bytes, { ignoreIcc: true }).raw().toBuffer();
    expect([...stored.subarray(0, 3)]).not.toEqual([0xb0, 0x80, 0x60]);
    near(pixel(await readImage(bytes), 4, 4), [0xb0, 0x80, 0x60], 2);
  });

  it('lays transparency over mid-grey and says so; an opaque alpha channel is dropped', async () => {
    const rgba = (alpha: number) =>
      sharp(Buffer.from([200, 0, 100, alpha]), { raw: { width: 1, height: 1, channels: 4 } })
        .png()
        .toBuffer();
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    expect([...(await readImage(await rgba(255), { onWarning })).data]).toEqual([200, 0, 100]);
    expect(warnings).toEqual([]);
    near([...(await readImage(await rgba(0), { onWarning })).data], [128, 128, 128], 0);
    near([...(await readImage(await rgba(128), { onWarning })).data], [164, 64, 114], 1);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain('mid-grey');
  });

  it('takes the first frame of an animation', async () => {
    const frames = await Promise.all(
      ['#ff0000', '#00ff00'].map((background) =>
        sharp({ create: { width: 8, height: 8, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    );
    const bytes = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    const image = await readImage(bytes);
    expect([image.width, image.height]).toEqual([8, 8]);
    near(pixel(image, 4, 4), [255, 0, 0], 2);
  });

  it('refuses 40 000 × 40 000 from the header alone', async () => {
    // There is nothing behind the header: whoever decoded it would call it damaged.
    const attempt = readImage(pngHeader(40_000, 40_000));
    await expect(attempt).rejects.toBeInstanceOf(ImageTooLargeError);
    await expect(attempt).rejects.toThrow('1600 megapixels');
  });

  it('honours maxPixels', async () => {
    const bytes = await redBlue(32, 16).png().toBuffer();
    await expect(readImage(bytes, { maxPixels: 511 })).rejects.toBeInstanceOf(ImageTooLargeError);
    await expect(readImage(bytes, { maxPixels: 512 })).resolves.toMatchObject({ width: 32 });
  });

  it.each(['jpeg', 'png', 'webp', 'tiff'] as const)('refuses a truncated %s', async (format) => {
    const bytes = await noise(256, 256).toFormat(format).toBuffer();
    const attempt = readImage(bytes.subarray(0, Math.floor(bytes.length / 2)));
    await expect(attempt).rejects.toBeInstanceOf(InvalidImageError);
  });

  it('refuses what is not an image, with a remedy', async () => {
    const text = join(folder, 'note.jpg');
    await writeFile(text, 'this is not a photograph');
    const empty = join(folder, 'empty.jpg');
    await writeFile(empty, '');
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    const cases: [source: string | URL | Uint8Array, message: RegExp][] = [
      [text, /"note\.jpg" is not an image/],
      [empty, /is empty/],
      [new Uint8Array(), /no bytes/],
      [folder, /is a folder/],
      [join(folder, 'nowhere.jpg'), /There is no file/],
      [join(text, 'inside.jpg'), /cannot be read/],
      [svg, /SVG/],
      ['https://example.org/a.jpg', /https:\/\/ addresses/],
    ];
    for (const [source, message] of cases) {
      const error = await readImage(source).catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(InvalidImageError);
      expect((error as InvalidImageError).message).toMatch(message);
      expect((error as InvalidImageError).remedy).not.toBe('');
    }
  });
});

describe('readMap', () => {
  const grey = (values: number[]) =>
    sharp(Buffer.from(values), { raw: { width: values.length, height: 1, channels: 1 } });

  it('reads grey, RGB grey and paletted maps exactly', async () => {
    const values = [0, 128, 255, 1];
    for (const encoder of [
      grey(values).toColourspace('b-w').png(),
      grey(values).toColourspace('srgb').png(),
      grey(values).png({ palette: true, dither: 0 }),
    ]) {
      const map = await readMap(await encoder.toBuffer());
      expect(map).toMatchObject({ width: 4, height: 1, channels: 1 });
      expect([...map.data]).toEqual(values);
    }
  });

  it('keeps 16 bits', async () => {
    const data = new Uint16Array([0, 1, 40_000, 65_535]);
    const bytes = await sharp(data, { raw: { width: 4, height: 1, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    const map = await readMap(bytes);
    expect(map.data).toBeInstanceOf(Uint16Array);
    expect([...map.data]).toEqual([...data]);
  });

  it('takes the transparency of a cut-out', async () => {
    const bytes = await sharp(Buffer.from([9, 200, 7, 64, 1, 2, 3, 255]), {
      raw: { width: 2, height: 1, channels: 4 },
    })
      .png()
      .toBuffer();
    expect([...(await readMap(bytes)).data]).toEqual([64, 255]);
  });

  it('refuses a coloured picture', async () => {
    const bytes = await redBlue().png().toBuffer();
    await expect(readMap(bytes)).rejects.toThrow('is coloured');
  });
});
