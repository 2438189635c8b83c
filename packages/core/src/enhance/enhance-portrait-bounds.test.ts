import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { measureChange } from '@latent-matte/test-kit/measure-change';
import { mocks } from '@latent-matte/test-kit/mock-enhancement';
import { expect, it } from 'vitest';
import type { FloatImage } from '../contracts';
import { mockPortrait } from '../testing';
import { enhancePortrait } from './enhance-portrait';
import type { EnhanceRequest } from './options';

const portrait = mockPortrait(64, 64);
const recolored = (curve: (value: number, channel: number) => number): FloatImage => ({
  ...portrait,
  data: portrait.data.map((value, i) => curve(value, i % 3)),
});

/** Several, of other sizes and colours; two are letterboxed or scaled on their way. */
const pictures: Readonly<Record<string, FloatImage>> = {
  square: portrait,
  wide: mockPortrait(70, 40),
  large: mockPortrait(96, 128),
  dark: recolored((value) => value ** 1.4),
  blue: recolored((value, channel) => (channel === 2 ? value : 0.7 * value + 0.1)),
  clipped: recolored((value) => Math.min(1, Math.max(0, 1.6 * value - 0.3))),
};

/** As far from the photo as it gets: every value of every latent moves at each step, always for the same view. */
const far: EnhanceRequest = {
  steps: 2,
  select: 'last',
  learningRate: 0.05,
  adaptivity: 'element',
  mirror: false,
  workingSize: 64,
};

eachBackend(() => {
  it.each(Object.entries(pictures))(
    'keeps the bounds on 8 bits, on a picture that is %s',
    async (_, image) => {
      const bounds = { minPsnr: 45, maxBlockShift: 2, maxColorDifference: 1.5 };
      const { portrait: made, psnr } = await enhancePortrait(image, mocks({ ...far, ...bounds }));
      const { width, height } = image;
      const change = measureChange(image.data, made.data, width, height);
      expect(change.block).toBeLessThanOrEqual(2);
      expect(change.color).toBeLessThanOrEqual(1.5);
      expect(change.psnr).toBeGreaterThanOrEqual(45);
      expect(psnr).toBeGreaterThanOrEqual(45);
      // They were needed.
      const free = { minPsnr: 0, maxBlockShift: 0, maxColorDifference: 0 };
      const unbound = await enhancePortrait(image, mocks({ ...far, ...free }));
      const without = measureChange(image.data, unbound.portrait.data, width, height);
      expect(without.block).toBeGreaterThan(2);
      expect(without.color).toBeGreaterThan(1.5);
      expect(without.psnr).toBeLessThan(45);
    },
  );

  it.each([40, 45, 50])('never falls below a least PSNR of %d dB', async (minPsnr) => {
    for (const image of Object.values(pictures)) {
      const options = mocks({ ...far, minPsnr, maxBlockShift: 0, maxColorDifference: 0 });
      const { portrait: made, psnr } = await enhancePortrait(image, options);
      const { psnr: written } = measureChange(image.data, made.data, image.width, image.height);
      expect(psnr).toBeGreaterThanOrEqual(minPsnr);
      expect(written).toBeGreaterThanOrEqual(minPsnr);
    }
  });

  it('shows the losses what the user gets: the bounds act during the search', async () => {
    const bounds = { minPsnr: 0, maxBlockShift: 2, maxColorDifference: 0 };
    const { history, psnr } = await enhancePortrait(portrait, mocks({ ...far, ...bounds }));
    // The working portrait is the picture itself here; its float PSNR is that of the result but for rounding.
    expect(Math.abs(history.at(-1)!.psnr - psnr)).toBeLessThan(0.3);
  });

  it('measures the picture of a generator from its own start', async () => {
    const code = {
      styles: { shape: [2, 3], data: new Float32Array(6) },
      noise: [{ shape: [16, 16, 3], data: new Float32Array(16 * 16 * 3) }],
    };
    const options = { ...far, output: 'generated', latents: code } as const;
    const start = await enhancePortrait(portrait, mocks({ ...options, steps: 0 }));
    const bounds = { minPsnr: 45, maxBlockShift: 2, maxColorDifference: 1.5 };
    const made = await enhancePortrait(portrait, mocks({ ...options, ...bounds }));
    const change = measureChange(start.portrait.data, made.portrait.data, 64, 64);
    expect(change.block).toBeLessThanOrEqual(2);
    expect(change.psnr).toBeGreaterThanOrEqual(45);
    expect(change.psnr).toBeLessThan(60);
  });
}, ['wasm']);
