import { describe, expect, it } from 'vitest';
import { opaqueOverGrey } from './opaque-over-grey';
import { opaqueRgb } from './raster';

describe('opaqueOverGrey', () => {
  it.each([
    ['8 bits', Uint8Array.of(200, 0, 255, 51, 9, 8, 7, 255), [142, 102, 153, 9, 8, 7]],
    [
      '8 bits, clamped',
      Uint8ClampedArray.of(200, 0, 255, 51, 9, 8, 7, 255),
      [142, 102, 153, 9, 8, 7],
    ],
    ['16 bits', Uint16Array.of(65535, 0, 1, 0), [32768, 32768, 32768]],
    ['floats', Float32Array.of(1, 0, 0.5, 0.5), [0.75, 0.25, 0.5]],
  ])('lays %s over mid-grey and keeps the type', (_, rgba, expected) => {
    const { rgb, transparent } = opaqueOverGrey(rgba);
    expect(rgb.constructor).toBe(rgba.constructor);
    expect(Array.from(rgb)).toEqual(expected);
    expect(transparent).toBe(true);
  });

  it('says when nothing shows through', () => {
    expect(opaqueOverGrey(Uint8Array.of(1, 2, 3, 255)).transparent).toBe(false);
  });
});

describe('opaqueRgb', () => {
  it('repeats grey, lays RGBA over grey, and returns RGB as it is', () => {
    const size = { width: 1, height: 2 };
    const grey = { ...size, channels: 1 as const, data: Uint16Array.of(7, 9) };
    expect(opaqueRgb(grey)).toEqual({
      ...size,
      channels: 3,
      data: Uint16Array.of(7, 7, 7, 9, 9, 9),
    });
    const rgba = { ...size, channels: 4 as const, data: Uint8Array.of(1, 2, 3, 255, 4, 5, 6, 0) };
    expect(opaqueRgb(rgba).data).toEqual(Uint8Array.of(1, 2, 3, 128, 128, 128));
    const rgb = { ...size, channels: 3 as const, data: new Uint8Array(6) };
    expect(opaqueRgb(rgb)).toBe(rgb);
  });
});
