import { describe, expect, it } from 'vitest';
import type { RasterImage } from '../contracts';
import { constantPicture, keptPicture } from './constant-picture';
import { toFloatImage } from './raster';
import { sampleReader } from './sample-reader';

const grey = (data: RasterImage['data']): RasterImage => ({
  width: data.length,
  height: 1,
  channels: 1,
  data,
});

describe('keptPicture', () => {
  it('is a copy of the same depth, once', () => {
    const photo = grey(Uint16Array.of(1, 2, 3));
    const kept = keptPicture(photo);
    photo.data[0] = 9;
    expect(kept.data).toEqual(Uint16Array.of(1, 2, 3));
    expect(keptPicture(kept)).toBe(kept);
    // The promise is about the pixels, whatever object holds them; the caller's own are still the caller's.
    expect(keptPicture({ ...kept, width: 3 }).data).toBe(kept.data);
    expect(keptPicture(photo).data).not.toBe(photo.data);
  });

  it('is the picture itself where its holder promised to leave it alone', () => {
    const photo = constantPicture(grey(Uint8Array.of(4, 5)));
    expect(keptPicture(photo)).toBe(photo);
  });
});

describe('sampleReader', () => {
  it.each([
    ['Uint8Array', Uint8Array.from({ length: 256 }, (_, i) => i)],
    ['Uint8ClampedArray', Uint8ClampedArray.from({ length: 256 }, (_, i) => 255 - i)],
    ['Uint16Array', Uint16Array.from({ length: 4096 }, (_, i) => 16 * i + 15)],
    ['Float32Array', Float32Array.from({ length: 100 }, (_, i) => i / 99)],
  ])('reads %s as toFloatImage, to the bit', (_, data) => {
    const image = grey(data);
    const read = sampleReader(image);
    const floats = toFloatImage(image).data;
    expect(Float32Array.from(floats, (_value, i) => read(i))).toEqual(floats);
    expect([...floats].map((_value, i) => read(i))).toEqual([...floats]);
  });
});
