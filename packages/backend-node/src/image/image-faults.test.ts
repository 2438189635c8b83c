import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readImage } from './read-image';
import { readMap } from './read-map';

const quiet = { onWarning: () => {} };
const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
};
const png = (width: number, height: number, ...chunks: Buffer[]): Buffer => {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    ...chunks,
    chunk('IEND', Buffer.alloc(0)),
  ]);
};
const jpeg = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#345' } })
    .jpeg()
    .toBuffer();

/**
 * A little-endian TIFF of floats, uncompressed: grey, grey with transparency, or RGB.
 * @param changed values of tags that contradict that
 */
function floatTiff(
  width: number,
  samples: 1 | 2 | 3,
  values: readonly number[],
  changed: Readonly<Record<number, number>> = {},
): Buffer {
  const height = values.length / samples / width;
  const data = Buffer.from(Float32Array.from(values).buffer);
  const entries: [number, number, number, number][] = [
    [256, 4, 1, width],
    [257, 4, 1, height],
    [258, 3, 1, 32],
    [259, 3, 1, 1],
    [262, 3, 1, samples < 3 ? 1 : 2],
    [273, 4, 1, 8],
    [277, 3, 1, samples],
    [278, 4, 1, height],
    [279, 4, 1, data.length],
    [339, 3, 1, 3],
  ];
  if (samples === 2) {
    const twice = (value: number): number => value * 0x10001;
    entries[2] = [258, 3, 2, twice(32)];
    entries.splice(9, 1, [338, 3, 1, 2], [339, 3, 2, twice(3)]);
  }
  for (const entry of entries) entry[3] = changed[entry[0]] ?? entry[3];
  const at = 8 + data.length;
  const bits = at + 2 + 12 * entries.length + 4;
  if (samples === 3) {
    entries[2] = [258, 3, 3, bits];
    entries[9] = [339, 3, 3, bits + 6];
  }
  const file = Buffer.alloc(bits + 12);
  file.write('II*\0', 'latin1');
  file.writeUInt32LE(at, 4);
  data.copy(file, 8);
  file.writeUInt16LE(entries.length, at);
  entries.forEach(([tag, type, count, value], i) => {
    const entry = at + 2 + 12 * i;
    file.writeUInt16LE(tag, entry);
    file.writeUInt16LE(type, entry + 2);
    file.writeUInt32LE(count, entry + 4);
    file.writeUInt32LE(value, entry + 8);
  });
  for (let i = 0; i < 3; i++) {
    file.writeUInt16LE(32, bits + 2 * i);
    file.writeUInt16LE(3, bits + 6 + 2 * i);
  }
  return file;
}

const heif = (major: string, ...brands: string[]): Buffer => {
  const box = Buffer.from(`\0\0\0\0ftyp${major}\0\0\0\0${brands.join('')}`, 'latin1');
  box.writeUInt32BE(box.length, 0);
  return Buffer.concat([box, Buffer.from('\0\0\0\x08meta', 'latin1')]);
};

describe('readImage says what a file is', () => {
  it.each([
    ['HEIC', heif('heic', 'mif1', 'heic'), /HEIC picture/],
    ['HEIC of a general brand', heif('mif1', 'mif1', 'heix'), /HEIC picture/],
    ['HEIC sequence', heif('msf1', 'hevc'), /HEIC image sequence/],
    ['animated AVIF', heif('avis', 'avif', 'avis', 'msf1'), /animated AVIF/],
    ['SVG', Buffer.from('<?xml version="1.0"?>\n<!-- x --><svg width="9" height="9"/>'), /SVG/],
    ['PDF', Buffer.from('%PDF-1.7'), /PDF/],
    ['a web page', Buffer.from('<!DOCTYPE html><html>'), /web page/],
    ['JPEG XL', Buffer.from([0xff, 0x0a, 0, 0]), /JPEG XL/],
  ])('%s', async (_, bytes, message) => {
    await expect(readImage(bytes)).rejects.toMatchObject({
      code: 'INVALID_IMAGE',
      message: expect.stringMatching(message),
    });
  });
});

describe('readImage spends nothing on what a header cannot keep', () => {
  it('a side of millions, pixels that the bytes cannot hold', async () => {
    await expect(readImage(png(1, 50_000_000))).rejects.toMatchObject({ code: 'IMAGE_TOO_LARGE' });
    const little = png(7000, 7000, chunk('IDAT', deflateSync(Buffer.alloc(9000))));
    await expect(readImage(little)).rejects.toMatchObject({ code: 'INVALID_IMAGE' });
    const claims = await jpeg(16, 16);
    const frame = claims.indexOf(Buffer.from([0xff, 0xc0]));
    claims.writeUInt16BE(7000, frame + 5);
    claims.writeUInt16BE(7000, frame + 7);
    await expect(readImage(claims)).rejects.toMatchObject({ code: 'INVALID_IMAGE' });
  });

  it('honest pictures of one colour are read: the fewest bytes a pixel can have', async () => {
    const flat = sharp({ create: { width: 3000, height: 2000, channels: 3, background: '#fff' } });
    for (const bytes of [
      await flat.clone().jpeg({ quality: 1 }).toBuffer(),
      await flat.clone().jpeg({ progressive: true, chromaSubsampling: '4:4:4' }).toBuffer(),
      await flat.clone().greyscale().jpeg({ optimiseCoding: true }).toBuffer(),
      await flat.clone().png({ compressionLevel: 9 }).toBuffer(),
      await flat.clone().png({ palette: true }).toBuffer(),
    ]) {
      expect((await readImage(bytes)).width).toBe(3000);
    }
  });

  it('texts of a PNG are not inflated, whatever their number', async () => {
    const text = chunk(
      'zTXt',
      Buffer.concat([Buffer.from('a\0\0', 'latin1'), deflateSync(Buffer.alloc(8e6))]),
    );
    const pixels = chunk('IDAT', deflateSync(Buffer.alloc(4 * (4 * 3 + 1))));
    const before = process.memoryUsage().rss;
    const read = await readImage(png(4, 4, ...Array<Buffer>(50).fill(text), pixels));
    expect([read.width, read.height]).toEqual([4, 4]);
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });

  it.skipIf(process.platform === 'win32')('a device', async () => {
    await expect(readImage('/dev/zero')).rejects.toMatchObject({ code: 'INVALID_IMAGE' });
  });
});

describe('Floating-point TIFF', () => {
  it('is linear light in [0, 1], grey and coloured, and says so', async () => {
    for (const [samples, values] of [
      [1, [0, 0.2140411, 1, 1]],
      [3, [0, 0, 0, 0.2140411, 0.2140411, 0.2140411, 1, 1, 1, 1, 0, 0]],
    ] as const) {
      const warnings: string[] = [];
      const read = await readImage(floatTiff(2, samples, values), {
        onWarning: (message) => warnings.push(message),
      });
      expect(read.data[0]).toBe(0);
      expect(read.data[3]! / 65535).toBeCloseTo(0.5, 3);
      expect(read.data[6]).toBe(65535);
      expect(warnings.join()).toMatch(/linear light/);
    }
  });

  it('as a matte keeps the values it has', async () => {
    const { data } = await readMap(floatTiff(2, 1, [0, 0.25, 0.5, 1]));
    expect([...data].map((value) => Math.round((value / 65535) * 100))).toEqual([0, 25, 50, 100]);
  });

  it('of 0…255 is refused by name', async () => {
    const levels = floatTiff(2, 1, [0, 20, 200, 255]);
    await expect(readImage(levels, quiet)).rejects.toThrow(/the float 20/);
    await expect(readMap(levels)).rejects.toThrow(/the float 20/);
  });

  it('grey floats keep their transparency', async () => {
    const warnings: string[] = [];
    const half = floatTiff(2, 2, [1, 0, 1, 1]);
    const read = await readImage(half, { onWarning: (text) => warnings.push(text) });
    expect([...read.data].map((value) => Math.round((255 * value) / 65535))).toEqual([
      128, 128, 128, 255, 255, 255,
    ]);
    expect(warnings.join()).toMatch(/transparent parts/);
    expect([...(await readMap(half)).data]).toEqual([0, 65535]);
  });

  it.each([
    ['floats of 16 bits in grey', 1, { 258: 16 }, /16 bits/],
    ['floats of 64 bits', 1, { 258: 64 }, /64 bits/],
    ['floats of which 0 is white', 1, { 262: 0 }, /0 is white/],
    ['floats of CMYK', 1, { 262: 5 }, /neither grey nor RGB/],
    ['signed numbers', 1, { 339: 2 }, /signed/],
    ['complex numbers', 1, { 339: 6 }, /complex/],
  ] as const)('%s are refused by name', async (_, samples, changed, message) => {
    const file = floatTiff(2, samples, [0, 0.5, 0.5, 1], changed);
    await expect(readImage(file, quiet)).rejects.toThrow(message);
    await expect(readMap(file)).rejects.toThrow(message);
  });
});

it('Pictures come in an ArrayBuffer, a Blob and shared memory', async () => {
  const bytes = png(4, 4, chunk('IDAT', deflateSync(Buffer.alloc(4 * (4 * 3 + 1)))));
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  for (const source of [new Uint8Array(bytes).buffer, new Blob([new Uint8Array(bytes)]), shared]) {
    expect((await readImage(source)).width).toBe(4);
  }
});
