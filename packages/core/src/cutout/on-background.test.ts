import { describe, expect, it } from 'vitest';
import type { RasterImage } from '../contracts';
import { InvalidImageError, InvalidOptionError } from '../errors';
import { onBackground } from './on-background';
import { parseColor } from './parse-color';

const foreground: RasterImage = {
  width: 2,
  height: 1,
  channels: 3,
  data: new Uint8Array(6).fill(255),
};
const alpha: RasterImage = { width: 2, height: 1, channels: 1, data: Float32Array.of(1, 0.25) };

describe('onBackground', () => {
  it('is αF + (1 − α)B, for a colour', () => {
    const { channels, data } = onBackground(foreground, alpha, '#0080ff');
    expect(channels).toBe(3);
    expect(Array.from(data.slice(0, 3))).toEqual([1, 1, 1]);
    expect(data[3]).toBeCloseTo(0.25, 6);
    expect(data[4]).toBeCloseTo(0.25 + 0.75 * (128 / 255), 6);
    expect(data[5]).toBeCloseTo(1, 6);
  });

  it('covers the frame with a picture, its sides cut off', () => {
    // Black, white, black; the frame is one white square.
    const stripes: RasterImage = {
      width: 3,
      height: 1,
      channels: 1,
      data: Uint8Array.of(0, 255, 0),
    };
    const clear: RasterImage = { width: 1, height: 1, channels: 1, data: Float32Array.of(0) };
    const black: RasterImage = { width: 1, height: 1, channels: 3, data: new Float32Array(3) };
    expect(Array.from(onBackground(black, clear, stripes).data)).toEqual([1, 1, 1]);
  });

  it('refuses sizes that differ and what is no picture', () => {
    const wide = { ...alpha, width: 1, height: 2 };
    expect(() => onBackground(foreground, wide, '#fff')).toThrow(InvalidImageError);
    expect(() => onBackground(foreground, alpha, {} as RasterImage)).toThrow(InvalidImageError);
  });
});

describe('parseColor', () => {
  it('reads three and six digits', () => {
    expect(parseColor('#FA0', 'background')).toEqual([1, 170 / 255, 0]);
    expect(parseColor(' #1e90ff ', 'background')).toEqual([30 / 255, 144 / 255, 1]);
  });

  it.each(['', '#ff', '#fffff', '#ffff', 'fff', '#ggg', 'white', '#12345678'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseColor(text, 'background')).toThrow(InvalidOptionError);
    },
  );
});
