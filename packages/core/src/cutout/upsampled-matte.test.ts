import { describe, expect, it } from 'vitest';
import type { FloatImage } from '../contracts';
import { readRows } from '../imaging/picture-rows';
import { resizeImage } from '../imaging/resampled-rows';
import { upsampledRows } from './upsampled-matte';

const [WIDTH, HEIGHT] = [120, 88];
/** A slanted edge, three pixels wide, and the colours that it mixes. */
const alpha: FloatImage = {
  width: WIDTH,
  height: HEIGHT,
  channels: 1,
  data: Float32Array.from({ length: WIDTH * HEIGHT }, (_, p) =>
    Math.min(1, Math.max(0, ((p % WIDTH) - 40 - Math.floor(p / WIDTH) / 3) / 3)),
  ),
};
const photo: FloatImage = {
  ...alpha,
  channels: 3,
  data: Float32Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => {
    const a = alpha.data[Math.floor(i / 3)]!;
    return a * [0.9, 0.6, 0.2][i % 3]! + (1 - a) * [0.1, 0.3, 0.5][i % 3]!;
  }),
};
const reduced = {
  alpha: resizeImage(alpha, [HEIGHT / 4, WIDTH / 4], 'area'),
  colors: resizeImage(photo, [HEIGHT / 4, WIDTH / 4], 'area'),
};
const error = ({ data }: FloatImage): number =>
  data.reduce((sum, value, p) => sum + Math.abs(value - alpha.data[p]!), 0);

const upsampledMatte = (...given: Parameters<typeof upsampledRows>): FloatImage =>
  readRows(upsampledRows(...given));

describe('upsampledRows', () => {
  it('finds the edge again that the colours of the photo show', () => {
    const guided = upsampledMatte(reduced, photo);
    const plain = upsampledMatte(reduced, photo, { guided: false });
    expect(guided).toMatchObject({ width: WIDTH, height: HEIGHT, channels: 1 });
    expect(error(guided)).toBeLessThan(0.3 * error(plain));
  });

  it('is exactly 0 and 1 where the matte is flat, within [0, 1] elsewhere', () => {
    const { data } = upsampledMatte(reduced, photo);
    expect(data[0]).toBe(0);
    expect(data[WIDTH - 1]).toBe(1);
    for (const value of data) expect(value >= 0 && value <= 1).toBe(true);
  });

  it('keeps a matte that has the size of the photo, but for what no eye can tell', () => {
    const { data } = upsampledMatte({ alpha, colors: photo }, photo);
    data.forEach((value, p) => {
      expect(Math.abs(value - alpha.data[p]!)).toBeLessThan(0.5 / 255);
    });
  });

  it('takes a picture of one row', () => {
    const row: FloatImage = { width: 4, height: 1, channels: 1, data: Float32Array.of(0, 0, 1, 1) };
    const colors: FloatImage = { ...row, channels: 3, data: new Float32Array(12).fill(0.5) };
    const wide: FloatImage = {
      width: 16,
      height: 1,
      channels: 3,
      data: new Float32Array(48).fill(0.5),
    };
    const { data } = upsampledMatte({ alpha: row, colors }, wide);
    expect(data[0]).toBe(0);
    expect(data[15]).toBe(1);
    expect(data.every((value) => Number.isFinite(value))).toBe(true);
  });
});
