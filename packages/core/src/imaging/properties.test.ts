import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FloatImage } from '../contracts';
import { resize } from '../ops/resize';
import { composite, withAlpha } from './composite';
import { frameTensor } from './image-letterbox';
import { fitLetterbox, frameFor, intoLetterbox, outOfLetterbox } from './letterbox';
import { resizeImage } from './resampled-rows';
import { resizeLikePillow } from './resize-like-pillow';
import { trimapClasses } from './trimap-classes';
import { trimapFromAlpha } from './trimap-from-alpha';
import { readTrimap } from './trimap-levels';

const runs = { seed: 21, numRuns: 40 };
const side = fc.integer({ min: 1, max: 14 });
const level = fc.float({ min: 0, max: 1, noNaN: true });
const method = fc.constantFrom('nearest', 'bilinear', 'bicubic', 'area' as const);

/** A picture of floats in [0, 1]. */
const picture = (channels: 1 | 3 = 1): fc.Arbitrary<FloatImage> =>
  fc.tuple(side, side).chain(([width, height]) => {
    const length = width * height * channels;
    return fc
      .array(level, { minLength: length, maxLength: length })
      .map((values) => ({ width, height, channels, data: Float32Array.from(values) }));
  });

const mirrored = ({ width, channels, data, ...rest }: FloatImage): FloatImage => ({
  ...rest,
  width,
  channels,
  data: data.map((_, i) => {
    const [pixel, c] = [Math.floor(i / channels), i % channels];
    const row = pixel - (pixel % width);
    return data[(row + width - 1 - (pixel % width)) * channels + c];
  }),
});
const tensorOf = ({ width, height, channels, data }: FloatImage) =>
  tf.tensor4d(data, [1, height, width, channels]);
const furthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
const values = (make: () => tf.Tensor) => tf.tidy(() => make().dataSync());

describe('resizing, of any size to any', () => {
  it('keeps a constant picture, and its range without overshoot', () => {
    fc.assert(
      fc.property(picture(3), side, side, method, level, (image, height, width, how, value) => {
        const flat = { ...image, data: image.data.map(() => value) };
        const kept = resizeImage(flat, [height, width], how).data;
        expect(kept).toHaveLength(height * width * 3);
        expect(
          furthest(
            kept,
            kept.map(() => value),
          ),
        ).toBeLessThan(2e-6);
        if (how === 'bicubic') return;
        const [low, high] = [Math.min(...image.data), Math.max(...image.data)];
        for (const each of resizeImage(image, [height, width], how).data) {
          expect(each).toBeGreaterThanOrEqual(low - 2e-6);
          expect(each).toBeLessThanOrEqual(high + 2e-6);
        }
      }),
      runs,
    );
  });

  it('commutes with a mirror, and is nothing at the own size', () => {
    const centred = fc.constantFrom('bilinear', 'bicubic', 'area' as const);
    fc.assert(
      fc.property(picture(), side, side, centred, (image, height, width, how) => {
        const size = [height, width] as const;
        const there = mirrored(resizeImage(image, size, how)).data;
        expect(furthest(there, resizeImage(mirrored(image), size, how).data)).toBeLessThan(1e-5);
        expect(resizeImage(image, [image.height, image.width], how)).toBe(image);
      }),
      runs,
    );
  });

  it('by areas keeps the mean where it shrinks', () => {
    fc.assert(
      fc.property(picture(), (image) => {
        const size = [Math.ceil(image.height / 2), Math.ceil(image.width / 3)] as const;
        const mean = (data: Float32Array) => data.reduce((a, b) => a + b, 0) / data.length;
        expect(mean(resizeImage(image, size, 'area').data)).toBeCloseTo(mean(image.data), 5);
      }),
      runs,
    );
  });

  it('as Pillow does keeps a constant and the range, and commutes with a mirror', () => {
    const bytes = picture(3).map((image) => ({
      ...image,
      data: Uint8Array.from(image.data, (value) => Math.round(255 * value)),
    }));
    fc.assert(
      fc.property(bytes, side, side, (image, height, width) => {
        const { data } = resizeLikePillow(image, [height, width], 'bilinear');
        const range = (values: ArrayLike<number>) => {
          const all = Array.from(values);
          return { least: Math.min(...all), most: Math.max(...all) };
        };
        const [before, after] = [range(image.data), range(data)];
        expect(after.least).toBeGreaterThanOrEqual(before.least);
        expect(after.most).toBeLessThanOrEqual(before.most);
        for (const how of ['bilinear', 'bicubic'] as const) {
          const flat = { ...image, data: image.data.map(() => image.data[0]) };
          const kept = resizeLikePillow(flat, [height, width], how).data;
          expect(kept.every((value) => value === image.data[0])).toBe(true);
        }
      }),
      runs,
    );
  });
});

describe('letterboxes', () => {
  const long = fc.integer({ min: 1, max: 5000 });
  it('hold the picture, in the middle, with its aspect ratio', () => {
    fc.assert(
      fc.property(
        long,
        long,
        fc.constantFrom(1, 8, 32, 64),
        fc.integer({ min: 1, max: 300 }),
        (height, width, multipleOf, min) => {
          const rule = { multipleOf, min, max: 320 };
          const box = frameFor([height, width], rule);
          for (const axis of [0, 1]) {
            const rest = box.frame[axis] - box.content[axis];
            const before = [box.top, box.left][axis];
            expect(box.frame[axis] % multipleOf).toBe(0);
            expect(box.frame[axis]).toBeGreaterThanOrEqual(min);
            expect(box.content[axis]).toBeGreaterThanOrEqual(1);
            expect(before).toBe(Math.floor(rest / 2));
          }
          const scale = Math.min(320, Math.max(min, height, width)) / Math.max(height, width);
          for (const [axis, own] of [height, width].entries()) {
            expect(Math.abs(box.content[axis] - own * scale)).toBeLessThanOrEqual(
              own * scale < 1 ? 1 : 0.5 + 1e-9,
            );
          }
        },
      ),
      { ...runs, numRuns: 300 },
    );
  });

  eachBackend(() => {
    it('give back what went in, and are the same on plain pictures and tensors', () => {
      fc.assert(
        fc.property(picture(3), side, side, (image, more, also) => {
          const box = fitLetterbox(
            [image.height, image.width],
            [image.height + more, image.width + also],
          );
          const frame = values(() => intoLetterbox(tensorOf(image), box));
          expect(
            furthest(
              frame,
              values(() => frameTensor(image, box)),
            ),
          ).toBeLessThan(1e-5);
          // A frame that is larger along one axis alone leaves the scale: nothing is lost.
          const [height, width] = [image.height, image.width];
          const wide = fitLetterbox([height, width], [height, width + also]);
          const back = values(() => outOfLetterbox(intoLetterbox(tensorOf(image), wide), wide));
          expect(furthest(back, image.data)).toBe(0);
        }),
        { ...runs, numRuns: 15 },
      );
    });

    it('resizes tensors as plain pictures', () => {
      fc.assert(
        fc.property(picture(3), side, side, method, (image, height, width, how) => {
          const size = [height, width] as const;
          const tensor = values(() => resize(tensorOf(image), size, how));
          expect(furthest(tensor, resizeImage(image, size, how).data)).toBeLessThan(1e-5);
        }),
        { ...runs, numRuns: 15 },
      );
    });

    it('composites: the matting equation at its ends, between them, and of one picture', () => {
      fc.assert(
        fc.property(picture(3), level, (image, share) => {
          const foreground = tensorOf(image);
          const background = tensorOf(mirrored(image));
          const alpha = tf.fill([1, image.height, image.width, 1], share) as tf.Tensor4D;
          const of = (a: tf.Tensor4D) => values(() => composite(foreground, background, a));
          const [ones, zeros] = [tf.onesLike(alpha), tf.zerosLike(alpha)];
          expect(furthest(of(ones), image.data)).toBeLessThan(1e-6);
          expect(furthest(of(zeros), mirrored(image).data)).toBe(0);
          const other = mirrored(image).data;
          for (const [i, value] of of(alpha).entries()) {
            const [low, high] = [image.data[i], other[i]].sort((a, b) => a - b);
            expect(value).toBeGreaterThanOrEqual(low - 1e-6);
            expect(value).toBeLessThanOrEqual(high + 1e-6);
          }
          expect(
            furthest(
              values(() => composite(foreground, foreground, alpha)),
              image.data,
            ),
          ).toBe(0);
          tf.dispose([foreground, background, alpha, ones, zeros]);
        }),
        { ...runs, numRuns: 15 },
      );
    });

    it('reads trimaps on tensors as on pictures, each pixel of one class', () => {
      fc.assert(
        fc.property(picture(), (image) => {
          const { trimap } = readTrimap(image);
          const maps = tf.tidy(() => {
            const { background, unknown, foreground } = trimapClasses(tensorOf(image));
            return [background, unknown, foreground].map((map) => map.dataSync());
          });
          for (const [i, value] of trimap.data.entries()) {
            expect(maps.map((map) => map[i])).toEqual(
              [0, 0.5, 1].map((own) => Number(own === value)),
            );
          }
        }),
        { ...runs, numRuns: 15 },
      );
    });
  });
});

describe('trimaps', () => {
  it('of any grey levels become three, in their order, and stay so', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 40 }), (data) => {
        const { trimap, snapped } = readTrimap({
          width: data.length,
          height: 1,
          channels: 1,
          data,
        });
        const read = Array.from(data, (value, i) => [value, trimap.data[i]]).sort(
          ([a], [b]) => a - b,
        );
        for (const [i, [, now]] of read.entries()) {
          expect([0, 0.5, 1]).toContain(now);
          expect(now).toBeGreaterThanOrEqual(read[i - 1]?.[1] ?? 0);
        }
        expect(snapped).toBe(data.filter((value) => ![0, 127, 128, 255].includes(value)).length);
        expect(readTrimap(trimap)).toEqual({ trimap, snapped: 0 });
      }),
      runs,
    );
  });

  it('of a matte contain its unsure pixels, grow with their radius, and are right where they are sure', () => {
    const radius = fc.integer({ min: 0, max: 6 });
    fc.assert(
      fc.property(picture(), radius, radius, (matte, outward, inward) => {
        const { width, height, data } = matte;
        const of = (out: number, into: number) => trimapFromAlpha(data, width, height, out, into);
        const [narrow, wide] = [of(outward, inward), of(outward + 1, inward + 2)];
        for (const [i, alpha] of data.entries()) {
          if (alpha > 0.02 && alpha < 0.98) expect(narrow[i]).toBe(1);
          if (narrow[i] === 1) expect(wide[i]).toBe(1);
          if (narrow[i] !== 1) expect(narrow[i]).toBe(alpha >= 0.5 ? 2 : 0);
        }
      }),
      runs,
    );
  });
});

it('puts alpha beside colours, and changes neither', () => {
  fc.assert(
    fc.property(picture(3), (image) => {
      const matte = {
        ...image,
        channels: 1 as const,
        data: image.data.filter((_, i) => i % 3 === 0),
      };
      const { data, channels } = withAlpha(image, matte);
      expect(channels).toBe(4);
      expect(data.filter((_, i) => i % 4 === 3)).toEqual(matte.data);
      expect(data.filter((_, i) => i % 4 !== 3)).toEqual(image.data);
    }),
    runs,
  );
});
