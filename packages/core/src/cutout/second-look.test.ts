import { describe, expect, it } from 'vitest';
import type { FloatImage } from '../contracts';
import { clippedRows, readRows } from '../imaging/picture-rows';
import { personRegion } from './person-region';
import { laidOver, regionOfSecondLook } from './second-look';

/** A matte that is 1 in a rectangle. */
function rectangle(
  [height, width]: readonly [number, number],
  [top, left, bottom, right]: readonly [number, number, number, number],
): FloatImage {
  const data = Float32Array.from({ length: width * height }, (_, i) => {
    const [y, x] = [Math.floor(i / width), i % width];
    return y >= top && y < bottom && x >= left && x < right ? 1 : 0;
  });
  return { width, height, channels: 1, data };
}

const filled = (width: number, height: number, value: number): FloatImage => ({
  width,
  height,
  channels: 1,
  data: new Float32Array(width * height).fill(value),
});

describe('personRegion', () => {
  it('is the person with 0.3 of their extent and 8 pixels at 512 around', () => {
    // 100 rows and 50 columns: 30 + 8 and 15 + 8 of room; the columns widened to a quarter of the longest side.
    const region = personRegion(rectangle([512, 400], [200, 100, 300, 150]));
    expect(region).toEqual({ top: 162, left: 61, height: 176, width: 128 });
  });

  it('ends at the picture', () => {
    const region = personRegion(rectangle([300, 300], [0, 200, 300, 300]));
    expect(region).toMatchObject({ top: 0, height: 300 });
    expect(region!.left + region!.width).toBe(300);
  });

  it('does not hear strays', () => {
    const alpha = rectangle([256, 256], [100, 100, 160, 160]);
    const plain = personRegion(alpha);
    alpha.data[0] = 1;
    alpha.data[256 * 256 - 1] = 1;
    expect(personRegion(alpha)).toEqual(plain);
  });

  it('is undefined where nobody is', () => {
    expect(personRegion(filled(64, 64, 0.5))).toBeUndefined();
  });
});

describe('regionOfSecondLook', () => {
  it('is in pixels of the photo, which may be larger than the matte', () => {
    const alpha = rectangle([512, 400], [200, 100, 300, 150]);
    const region = regionOfSecondLook(alpha, [2048, 1600]);
    expect(region).toEqual({ top: 648, left: 244, height: 704, width: 512 });
  });

  it('is undefined where the person fills the photo', () => {
    const alpha = rectangle([256, 256], [10, 20, 256, 240]);
    expect(regionOfSecondLook(alpha, [1024, 1024])).toBeUndefined();
  });
});

describe('laidOver', () => {
  it('takes the second look inside, and the first where the photo goes on', () => {
    const whole = clippedRows(filled(100, 80, 0));
    const region = { top: 0, left: 30, height: 40, width: 40 };
    const { data } = readRows(laidOver(whole, filled(40, 40, 1), region));
    const at = (x: number, y: number) => data[y * 100 + x];
    expect(at(50, 0)).toBe(1);
    expect(at(50, 20)).toBe(1);
    // 5 % of 40 pixels: two pixels of seam, a quarter and three quarters.
    expect([28, 29, 30, 31, 32].map((x) => at(x, 10))).toEqual([0, 0, 0.25, 0.75, 1]);
    expect([36, 37, 38, 39, 40].map((y) => at(50, y))).toEqual([1, 1, 0.75, 0.25, 0]);
  });

  it('is begun anew at each reading, and leaves the whole as it was', () => {
    const whole: FloatImage = { ...filled(50, 40, 0), channels: 1 };
    whole.data.forEach((_, i) => {
      whole.data[i] = (i % 97) / 96;
    });
    const before = whole.data.slice();
    const region = { top: 5, left: 10, height: 30, width: 40 };
    const rows = laidOver(clippedRows(whole), filled(40, 30, 0.25), region);
    const [once, twice] = [readRows(rows).data, readRows(rows).data];
    expect(whole.data).toEqual(before);
    expect(twice).toEqual(once);
    expect(once.slice(0, 5 * 50)).toEqual(before.slice(0, 5 * 50));
    expect(once[20 * 50 + 30]).toBe(0.25);
  });
});
