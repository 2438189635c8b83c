import '@latent-matte/core/gradients';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { describe, expect, it } from 'vitest';
import type { RasterImage } from '../contracts';
import { AbortedError, InvalidOptionError } from '../errors';
import {
  checkLeaks,
  mockGenerator,
  mockMattingModel,
  mockPortrait,
  mockTrimapModel,
} from '../testing';
import type { LabelOptions } from './label-options';
import { labelPortraits } from './label-portraits';
import type { LabelledPair } from './types';

const photos = [1, 2].map((seed) => mockPortrait(64, 48, seed));
const options = {
  models: [
    mockMattingModel({ name: 'one', tilt: 0.1 }),
    mockMattingModel({ name: 'two', tilt: 0.2, needsTrimap: false }),
  ],
  steps: 1,
  gate: false,
  advanced: {
    trimap: mockTrimapModel(),
    generator: ({ image }) => mockGenerator({ image }),
    selectEvery: 1,
    seed: 3,
  },
} satisfies Partial<LabelOptions>;

async function label(more: Partial<LabelOptions> = {}): Promise<LabelledPair[]> {
  const pairs: LabelledPair[] = [];
  const advanced = { ...options.advanced, ...more.advanced };
  for await (const pair of labelPortraits({ portraits: photos, ...options, ...more, advanced })) {
    pairs.push(pair);
  }
  return pairs;
}

/** A picture without a person, and one that the trimap model believes. */
const blank: RasterImage = {
  ...photos[0]!,
  data: new Float32Array(photos[0]!.data.length),
};

eachBackend(() => {
  describe('labelPortraits', () => {
    it('pairs each photograph with a matte, and leaves no tensors', async () => {
      let pairs: LabelledPair[] = [];
      const { leaked, error } = await checkLeaks(async () => {
        pairs = await label({ keepEnhanced: true });
      });
      expect(error).toBeUndefined();
      expect(leaked).toBe(0);
      expect(pairs.map(({ index }) => index)).toEqual([0, 1]);
      expect(new Set(pairs.map(({ models }) => models.reference))).toEqual(new Set(['one', 'two']));
      for (const [i, { image, alpha, trimap, enhanced, label }] of pairs.entries()) {
        expect(image).toMatchObject({ width: 64, height: 48, channels: 3 });
        expect(Array.from(image.data)).toEqual(Array.from(photos[i]!.data));
        expect(enhanced).toMatchObject({ width: 64, height: 48, channels: 3 });
        expect(label).toBe('refined');
        // What the trimap calls certain is certain.
        const unsure = alpha.data.findIndex((value, p) => {
          return trimap.data[p] !== 0.5 && value !== trimap.data[p];
        });
        expect(unsure).toBe(-1);
        expect(trimap.data).toContain(0.5);
      }
    });

    it('gives the same bytes again, also from a stream', async () => {
      async function* stream() {
        yield* photos;
      }
      const once = await label();
      expect(await label({ portraits: stream() })).toEqual(once);
      expect(await label({ portraits: photos.slice(1), start: 1 })).toEqual(once.slice(1));
    });

    it('gives the plain matte and the enhanced portrait when asked to', async () => {
      const one = { portraits: photos.slice(0, 1), models: options.models.slice(0, 1) };
      const [refined] = await label({ ...one, keepEnhanced: true });
      const [plain] = await label({ ...one, label: 'plain', portrait: 'enhanced' });
      expect(plain!.label).toBe('plain');
      expect(plain!.alpha.data).not.toEqual(refined!.alpha.data);
      expect(plain!.image).toEqual(refined!.enhanced);
    });

    it('rejects a photograph in which nobody is', async () => {
      const [pair] = await label({ portraits: [blank], gate: {} });
      expect(pair!.gate.accepted).toBe(false);
      expect(pair!.gate.reasons[0]).toMatchObject({ measure: 'coverage' });
      expect(pair!.gate.reasons[0]!.message).toContain('sees no person');
      expect(pair!.enhancement).toBeUndefined();
      await expect(label({ portraits: [blank] })).rejects.toMatchObject({ code: 'NO_PERSON' });
    });

    it('stops when asked, and frees everything', async () => {
      const controller = new AbortController();
      const { leaked, error } = await checkLeaks(() =>
        label({
          signal: controller.signal,
          onProgress: () => controller.abort(),
        }),
      );
      expect(error).toBeInstanceOf(AbortedError);
      expect(leaked).toBe(0);
      const early = await checkLeaks(async () => {
        for await (const _ of labelPortraits({ ...options, portraits: photos })) break;
      });
      expect(early).toEqual({ leaked: 0 });
    });
  });
});

it.each([
  [{ portrait: 'both' as 'initial' }, 'portrait is "both"'],
  [{ label: 'best' as 'plain' }, 'label is "best"'],
  [{ gate: { beauty: 1 } as object }, 'no limit "beauty"'],
  [{ steps: -1 }, 'steps is -1'],
  [{ start: -1 }, 'start is -1'],
  [{ models: [options.models[0]!, options.models[0]!] }, 'given twice'],
])('labelPortraits refuses %o', async (more, message) => {
  const refused = label(more);
  await expect(refused).rejects.toBeInstanceOf(InvalidOptionError);
  await expect(refused).rejects.toThrow(message);
});
