import { afterEach, describe, expect, it, vi } from 'vitest';
import { availableMemory, pixelLimits } from './memory-limits';

afterEach(() => vi.unstubAllGlobals());

describe('pixelLimits', () => {
  it('lets 1024² be optimised in the 4 GB of WebAssembly, and no more', () => {
    const { maxPixels, maxSourcePixels } = pixelLimits({ total: 2 ** 32, tensor: 2 ** 32 });
    expect(maxPixels).toBe(1024 ** 2);
    expect(maxSourcePixels).toBe(2 ** 25);
  });

  it('holds feature maps of 32 channels to the largest buffer, and the source to none', () => {
    // The least that WebGPU promises.
    const least = { total: Number.POSITIVE_INFINITY, tensor: 128 * 2 ** 20 };
    expect(pixelLimits(least)).toEqual({
      maxPixels: 1024 ** 2,
      maxSourcePixels: Number.POSITIVE_INFINITY,
    });
  });
});

describe('availableMemory', () => {
  it('is half of what the browser tells, or unlimited', () => {
    vi.stubGlobal('navigator', { deviceMemory: 8 });
    expect(availableMemory()).toBe(4 * 2 ** 30);
    vi.stubGlobal('navigator', {});
    expect(availableMemory()).toBe(Number.POSITIVE_INFINITY);
    vi.stubGlobal('navigator', undefined);
    expect(availableMemory()).toBe(Number.POSITIVE_INFINITY);
  });
});
