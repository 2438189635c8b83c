import { enhancePortrait } from '@latent-matte/core';
import { setActiveBackend } from '@latent-matte/core/internal';
import { checkLeaks, mockPortrait, mockTrimapModel } from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { beforeAll, expect, it } from 'vitest';
import './index';
import { fileBackend } from '@latent-matte/test-kit/file-backend';

beforeAll(() => setActiveBackend(fileBackend()));

// Plain JavaScript takes half a minute for what takes wasm a second.
eachBackend(() => {
  it('improves its objective with the shipped networks, and leaves no tensors behind', async () => {
    const totals: number[] = [];
    const leaks = await checkLeaks(async () => {
      const { history, settings } = await enhancePortrait(mockPortrait(64, 64), {
        steps: 3,
        // Without a trimap, or with that of the shipped network, nobody may be seen in a drawing, and nothing is left to improve.
        model: 'portrait-matting',
        advanced: {
          trimap: mockTrimapModel(),
          // Every step sees the same picture, so that totals compare.
          mirror: false,
          weights: { compositional: 0, perceptual: 0.1, agreement: 1 },
        },
      });
      totals.push(...history.map(({ total }) => total));
      expect(settings).toMatchObject({
        model: 'portrait-matting',
        perceptual: 'compact-perceptual',
        generator: 'layered',
      });
    });
    expect(leaks).toEqual({ leaked: 0 });
    // Of a drawing the first step, away from the background, may be one for the worse; from there it gets better.
    expect(totals[3]).toBeLessThan(0.9 * totals[1]);
  });
}, ['wasm']);
