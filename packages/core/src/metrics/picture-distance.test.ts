import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RasterImage } from '../contracts';
import { InvalidImageError } from '../errors';
import { parseSafetensors } from '../weights';
import { psnr } from './psnr';
import { ssim } from './ssim';

const fixture = parseSafetensors(
  new Uint8Array(readFileSync(new URL('../../fixtures/metrics.safetensors', import.meta.url))),
);
function raster(name: string): RasterImage & { data: Uint8Array } {
  const { shape, bytes } = fixture.tensors.get(name)!;
  return { width: shape[1]!, height: shape[0]!, channels: 1, data: bytes };
}

/** Repeats the values of a map in `channels` channels; a fourth one holds `alpha`. */
function spread({ width, height, data }: RasterImage, channels: 3 | 4, alpha = 0): RasterImage {
  const wide = Uint8Array.from({ length: data.length * channels }, (_, i) =>
    i % channels === 3 ? alpha : data[Math.floor(i / channels)]!,
  );
  return { width, height, channels, data: wide };
}

// Computed with SciPy: correlate1d with the 11-tap Gaussian along both axes, mean over the valid windows.
const references = [
  ['0', 0.7179630176749098, 25.365072686321028],
  ['1', 0.5973525304020765, 25.802223704628307],
  ['2', 0.5811389110786915, 24.95202153800589],
] as const;

describe.each(references)('on matte pair %s', (index, similarity, ratio) => {
  const a = raster(`pred_${index}`);
  const b = raster(`gt_${index}`);

  it('ssim and psnr have the reference values', () => {
    expect(ssim(a, b)).toBeCloseTo(similarity, 10);
    expect(psnr(a, b)).toBeCloseTo(ratio, 10);
  });

  it('grey RGB and RGBA are the same as maps, and alpha is left out', () => {
    expect(ssim(spread(a, 3), spread(b, 4, 9))).toBeCloseTo(similarity, 10);
    expect(psnr(spread(a, 4, 200), spread(b, 3))).toBeCloseTo(ratio, 10);
  });
});

describe('psnr', () => {
  it('is infinite for equal pictures, and does not round floats', () => {
    const a: RasterImage = { width: 1, height: 1, channels: 3, data: Float32Array.of(0, 0.5, 1) };
    expect(psnr(a, a)).toBe(Infinity);
    expect(psnr(a, { ...a, data: Float32Array.of(0.0625, 0.5625, 1.0625) })).toBeCloseTo(
      -20 * Math.log10(0.0625),
      10,
    );
  });

  it('refuses pictures that do not fit, and NaN', () => {
    const a = raster('gt_0');
    expect(() => psnr(a, spread(a, 3))).toThrow(/1 and 3 channels/);
    expect(() => psnr(a, { ...a, width: a.height, height: a.width })).toThrow(InvalidImageError);
    const nan = { ...a, data: new Float32Array(a.data.length).fill(Number.NaN) };
    expect(() => psnr(a, nan)).toThrow(/NaN/);
  });
});

describe('ssim', () => {
  it('is 1 for equal pictures', () => {
    expect(ssim(raster('gt_1'), raster('gt_1'))).toBeCloseTo(1, 12);
  });

  it('refuses pictures smaller than its window', () => {
    const small: RasterImage = { width: 10, height: 20, channels: 1, data: new Uint8Array(200) };
    expect(() => ssim(small, small)).toThrow(/10×20; SSIM looks at windows of 11×11/);
  });
});
