import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { failure, mocks } from '@latent-matte/test-kit/mock-enhancement';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Backend } from '../contracts';
import { ImageTooLargeError } from '../errors';
import { setActiveBackend } from '../registry';
import { mockPortrait } from '../testing';

const limited = (limits: Backend['limits']): void =>
  setActiveBackend({ device: 'small', limits } as Backend);

eachBackend(() => {
  describe('limits of the device', () => {
    beforeEach(() => limited({ maxPixels: Number.POSITIVE_INFINITY }));

    it('refuse a source, and a working portrait, that would not fit', async () => {
      limited({ maxPixels: 1e6, maxSourcePixels: 96 * 63 });
      const source = await failure(mocks(), mockPortrait(96, 64));
      expect(source).toMatchObject({ leaked: 0, error: expect.any(ImageTooLargeError) });
      expect(String(source.error)).toContain('the device "small" holds 0');

      limited({ maxPixels: 64 * 96 - 1 });
      const working = await failure(mocks(), mockPortrait(96, 64));
      expect(working).toMatchObject({ leaked: 0, error: expect.any(ImageTooLargeError) });
      expect(String(working.error)).toContain('96×64 pixels is too large for the device "small"');
    });
  });
}, ['cpu']);
