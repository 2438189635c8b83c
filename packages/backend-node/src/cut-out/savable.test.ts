import { InvalidOptionError, type RasterImage } from '@latent-matte/core';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { savable } from './savable';

const picture: RasterImage = {
  width: 2,
  height: 1,
  channels: 4,
  data: Uint8Array.from([255, 0, 0, 255, 0, 0, 255, 0]),
};

const layers = {
  foreground: {
    width: 2,
    height: 1,
    channels: 3,
    data: Float32Array.from([1, 0, 0, 0, 0, 1]),
  },
  alpha: { width: 2, height: 1, channels: 1, data: Float32Array.from([1, 0]) },
} as const;

describe('toBlob', () => {
  it('is the picture that toBuffer encodes, with its type', async () => {
    const saved = savable(picture, layers);
    const blob = await saved.toBlob();
    expect(blob.type).toBe('image/png');
    expect(Buffer.from(await blob.arrayBuffer())).toEqual(await saved.toBuffer('png'));
  });

  it('takes a background and a quality, as pages do', async () => {
    const saved = savable(picture, layers);
    const best = await saved.toBlob('image/jpeg', { background: '#0f0', quality: 1 });
    const same = await saved.toBuffer('jpeg', { background: '#0f0', quality: 100 });
    expect(Buffer.from(await best.arrayBuffer())).toEqual(same);
    const { data } = await sharp(same).raw().toBuffer({ resolveWithObject: true });
    expect(data[4]).toBeGreaterThan(200);
    const least = await saved.toBlob('image/webp', { quality: 0 });
    expect((await sharp(await least.arrayBuffer()).metadata()).format).toBe('webp');
  });

  it('refuses what it cannot encode, and says what it can', async () => {
    const saved = savable(picture, layers);
    const other = saved.toBlob('image/gif' as 'image/png');
    await expect(other).rejects.toThrow(/no type "image\/gif".*image\/webp/s);
    await expect(saved.toBlob('image/jpeg')).rejects.toThrow(InvalidOptionError);
    await expect(saved.toBlob('image/webp', { quality: 80 })).rejects.toThrow(/from 0 to 1/);
  });
});
