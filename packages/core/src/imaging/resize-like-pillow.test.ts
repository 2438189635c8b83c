import { describe, expect, it } from 'vitest';
import { InvalidImageError } from '../errors';
import type { RasterImage } from '../contracts';
import { resizeLikePillow } from './resize-like-pillow';

const rows = (height: number, width: number, value: (y: number, x: number) => number) =>
  Uint8Array.from({ length: height * width }, (_, i) => value(Math.floor(i / width), i % width));
const map: RasterImage = {
  width: 7,
  height: 5,
  channels: 1,
  data: rows(5, 7, (y, x) => (x * x * 37 + y * 91 + x * y * 53) % 256),
};

/** What `PIL.Image.resize` (Pillow 12.3) answers. */
const pillow = {
  bicubic: {
    '9×4': [
      9, 109, 97, 99, 50, 110, 90, 104, 124, 107, 79, 113, 141, 68, 100, 104, 130, 39, 132, 105,
      119, 119, 163, 189, 110, 181, 154, 232, 109, 145, 62, 145, 109, 122, 10, 92,
    ],
    '3×11': [
      38, 62, 99, 119, 105, 75, 88, 95, 86, 102, 116, 128, 132, 129, 96, 69, 65, 150, 172, 104, 134,
      169, 62, 99, 155, 198, 151, 55, 79, 106, 112, 164, 201,
    ],
  },
  bilinear: {
    '9×4': [
      23, 106, 95, 98, 58, 105, 92, 103, 117, 102, 87, 112, 128, 78, 105, 110, 126, 48, 129, 105,
      118, 120, 153, 174, 111, 171, 156, 215, 109, 140, 77, 143, 108, 122, 30, 99,
    ],
    '3×11': [
      39, 66, 101, 116, 105, 74, 91, 98, 91, 105, 118, 125, 126, 122, 98, 79, 65, 134, 154, 108,
      133, 159, 69, 105, 153, 181, 143, 56, 85, 105, 111, 157, 196,
    ],
  },
};

describe('resizeLikePillow', () => {
  for (const method of ['bicubic', 'bilinear'] as const) {
    it.each(['9×4', '3×11'] as const)(`is Pillow's ${method} to %s, to the byte`, (size) => {
      const [height, width] = size.split('×').map(Number) as [number, number];
      const found = resizeLikePillow(map, [height, width], method);
      expect(Array.from(found.data)).toEqual(pillow[method][size]);
      expect(found).toMatchObject({ height, width, channels: 1 });
    });
  }

  it('resizes each channel', () => {
    const data = Uint8Array.from({ length: 18 }, (_, i) => {
      const [y, x, c] = [Math.floor(i / 9), Math.floor(i / 3) % 3, i % 3];
      return (x * 90 + y * 40 + c * 60) % 256;
    });
    const { data: found } = resizeLikePillow(
      { width: 3, height: 2, channels: 3, data },
      [3, 2],
      'bicubic',
    );
    expect(Array.from(found)).toEqual([
      25, 85, 155, 149, 220, 103, 48, 113, 178, 172, 149, 126, 71, 141, 201, 195, 78, 149,
    ]);
  });

  it('copies a picture of that size, and refuses floats', () => {
    const same = resizeLikePillow(map, [5, 7], 'bicubic');
    expect(same.data).toEqual(map.data);
    expect(same.data).not.toBe(map.data);
    const floats: RasterImage = { ...map, data: new Float32Array(35) };
    expect(() => resizeLikePillow(floats, [2, 2], 'bilinear')).toThrow(InvalidImageError);
  });
});
