import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { RasterImage } from '../contracts';
import { InvalidImageError } from '../errors';
import { createRandom } from '../random';
import { checkGradient, mockPortrait } from '../testing';
import {
  assertRaster,
  composite,
  contentMask,
  fitLetterbox,
  frameFor,
  fromImageData,
  intoLetterbox,
  outOfLetterbox,
  randomBackground,
  readTensor,
  rgbTensor,
  toFloatImage,
  trimapFromLogits,
  withAlpha,
} from './index';

const values = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());

describe('fitLetterbox', () => {
  it('keeps the aspect ratio, centred', () => {
    expect(fitLetterbox([100, 50], [64, 64])).toEqual({
      source: [100, 50],
      frame: [64, 64],
      content: [64, 32],
      top: 0,
      left: 16,
    });
  });

  it('keeps at least one pixel of very long pictures', () => {
    expect(fitLetterbox([3, 10_000], [32, 32]).content).toEqual([1, 32]);
  });
});

describe('frameFor', () => {
  const rule = { multipleOf: 32, min: 64, max: 256 };

  it.each<[[number, number], [number, number], [number, number]]>([
    [
      [64, 96],
      [64, 96],
      [64, 96],
    ],
    [
      [100, 200],
      [128, 224],
      [100, 200],
    ],
    [
      [1000, 500],
      [256, 128],
      [256, 128],
    ],
    [
      [40, 30],
      [64, 64],
      [64, 48],
    ],
    // The short side of a long picture is not below the smallest side that the network accepts.
    [
      [1000, 40],
      [256, 64],
      [256, 10],
    ],
  ])('%o → frame %o, content %o', (source, frame, content) => {
    expect(frameFor(source, rule)).toMatchObject({ source, frame, content });
  });
});

eachBackend(() => {
  describe('letterbox', () => {
    it.each<[[number, number], [number, number]]>([
      [
        [20, 30],
        [64, 64],
      ],
      [
        [31, 17],
        [48, 64],
      ],
      [
        [16, 16],
        [16, 16],
      ],
    ])('%o into %o and out again: close to the picture', (source, frame) =>
      tf.tidy(() => {
        // Smooth: what enlarging and shrinking again must keep.
        const picture = tf.tidy(() => {
          const x = tf.reshape(tf.linspace(0, 3, source[1]), [1, 1, source[1], 1]);
          const y = tf.reshape(tf.linspace(0, 2, source[0]), [1, source[0], 1, 1]);
          return tf.sin(tf.add(x, y)) as tf.Tensor4D;
        });
        const box = fitLetterbox(source, frame);
        const framed = intoLetterbox(picture, box);
        expect(framed.shape).toEqual([1, ...frame, 1]);
        const back = outOfLetterbox(framed, box);
        expect(back.shape).toEqual(picture.shape);
        const error = tf.abs(tf.sub(back, picture));
        // A quarter of a pixel at the border, far less inside.
        expect(tf.max(error).dataSync()[0]).toBeLessThan(0.05);
        expect(tf.mean(error).dataSync()[0]).toBeLessThan(0.01);
      }),
    );

    it('is exact where the size stays, with the border repeated', () =>
      tf.tidy(() => {
        const picture = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
        const box = { ...fitLetterbox([2, 2], [2, 2]), frame: [4, 3] as const, top: 1 };
        const framed = intoLetterbox(picture, box);
        expect(values(framed)).toEqual([1, 2, 2, 1, 2, 2, 3, 4, 4, 3, 4, 4]);
        expect(values(outOfLetterbox(framed, box))).toEqual([1, 2, 3, 4]);
        expect(values(contentMask(box))).toEqual([0, 0, 0, 1, 1, 0, 1, 1, 0, 0, 0, 0]);
      }));

    it('masks exactly the content', () =>
      tf.tidy(() => {
        const box = fitLetterbox([20, 50], [64, 48]);
        const mask = contentMask(box);
        expect(mask.shape).toEqual([1, 64, 48, 1]);
        expect(tf.sum(mask).dataSync()[0]).toBe(box.content[0] * box.content[1]);
        const content = tf.slice(mask, [0, box.top, box.left, 0], [1, ...box.content, 1]);
        expect(tf.min(content).dataSync()[0]).toBe(1);
      }));

    it('has the gradient that finite differences show, in and out', async () => {
      const box = fitLetterbox([5, 9], [16, 12]);
      const x = tf.tensor4d(createRandom(1).normals(5 * 9 * 2), [1, 5, 9, 2]);
      const framed = tf.tensor4d(createRandom(2).normals(16 * 12), [1, 16, 12, 1]);
      const into = await checkGradient((y) => intoLetterbox(y as tf.Tensor4D, box), [x]);
      const out = await checkGradient((y) => outOfLetterbox(y as tf.Tensor4D, box), [framed]);
      tf.dispose([x, framed]);
      expect(into.relativeError).toBeLessThan(1e-4);
      expect(out.relativeError).toBeLessThan(1e-4);
    });
  });

  describe('trimapFromLogits', () => {
    it('is 0, ½, 1 by the largest class', () =>
      tf.tidy(() => {
        const logits = tf.tensor4d([3, 1, 2, 0, 5, 1, -1, -2, 4], [1, 1, 3, 3]);
        const trimap = trimapFromLogits(logits);
        expect(trimap.shape).toEqual([1, 1, 3, 1]);
        expect(trimap.dtype).toBe('float32');
        expect(values(trimap)).toEqual([0, 0.5, 1]);
      }));

    it('is a constant for gradients', () =>
      tf.tidy(() => {
        const logits = tf.tensor4d([3, 1, 2, 0, 5, 1], [1, 1, 2, 3]);
        const gradient = tf.grad((x) =>
          tf.add(tf.sum(trimapFromLogits(x as tf.Tensor4D)), tf.sum(x)),
        )(logits);
        expect(values(gradient)).toEqual([1, 1, 1, 1, 1, 1]);
      }));
  });

  describe('composite', () => {
    it('is αF + (1 − α)B', () =>
      tf.tidy(() => {
        const [f, b] = [tf.fill([1, 1, 3, 3], 0.8), tf.fill([1, 1, 3, 3], 0.2)];
        const alpha = tf.tensor4d([0, 0.5, 1], [1, 1, 3, 1]);
        const result = values(composite(f as tf.Tensor4D, b as tf.Tensor4D, alpha));
        [0.2, 0.2, 0.2, 0.5, 0.5, 0.5, 0.8, 0.8, 0.8].forEach((expected, i) => {
          expect(result[i]).toBeCloseTo(expected, 6);
        });
      }));
  });

  describe('randomBackground', () => {
    it('is seeded, colourful, smooth and in [0, 1]', () =>
      tf.tidy(() => {
        const make = (seed: number) => values(randomBackground(createRandom(seed), 24, 40));
        const picture = make(1);
        expect(make(1)).toEqual(picture);
        expect(make(2)).not.toEqual(picture);
        expect(picture).toHaveLength(24 * 40 * 3);
        expect(picture.every((value) => value >= 0 && value <= 1)).toBe(true);
        const spread = Math.max(...picture) - Math.min(...picture);
        expect(spread).toBeGreaterThan(0.2);
        const steps = picture.slice(3).map((value, i) => Math.abs(value - picture[i]));
        const inRow = steps.filter((_, i) => Math.floor(i / 3) % 40 !== 39);
        expect(Math.max(...inRow)).toBeLessThan(spread / 3);
      }));
  });

  describe('tensors of rasters', () => {
    it('repeats grey, drops nothing of RGB, puts RGBA over mid-grey', () =>
      tf.tidy(() => {
        const of = (channels: 1 | 3 | 4, data: number[]) =>
          rgbTensor({ width: 1, height: 1, channels, data: Uint8Array.from(data) });
        const close = (tensor: tf.Tensor, expected: number[]) =>
          values(tensor).forEach((value, i) => {
            expect(value).toBeCloseTo(expected[i], 6);
          });
        close(of(1, [51]), [0.2, 0.2, 0.2]);
        close(of(3, [0, 51, 255]), [0, 0.2, 1]);
        close(of(4, [0, 51, 255, 255]), [0, 0.2, 1]);
        close(of(4, [0, 51, 255, 0]), [0.5, 0.5, 0.5]);
        close(of(4, [255, 255, 0, 51]), [0.6, 0.6, 0.4]);
      }));

    it('reads back clipped, and keeps the tensor', async () => {
      const tensor = tf.tensor4d([-0.5, 0.25, 1.5, 0, 1, 0.5], [1, 1, 2, 3]);
      const image = await readTensor(tensor);
      expect(image).toMatchObject({ width: 2, height: 1, channels: 3 });
      expect(Array.from(image.data)).toEqual([0, 0.25, 1, 0, 1, 0.5]);
      expect(tensor.isDisposed).toBe(false);
      tensor.dispose();
    });
  });
});

describe('rasters', () => {
  const grey = (data: RasterImage['data']): RasterImage => ({
    width: 2,
    height: 1,
    channels: 1,
    data,
  });

  it('scales integers by their range', () => {
    expect(Array.from(toFloatImage(grey(Uint8Array.of(0, 255))).data)).toEqual([0, 1]);
    expect(Array.from(toFloatImage(grey(Uint16Array.of(0, 65535))).data)).toEqual([0, 1]);
    expect(Array.from(toFloatImage(grey(Uint8ClampedArray.of(51, 102))).data)).toEqual(
      Array.from(Float32Array.of(0.2, 0.4)),
    );
    const floats = Float32Array.of(0.1, 0.9);
    expect(toFloatImage(grey(floats)).data).toBe(floats);
  });

  it("takes a browser's ImageData", () => {
    const data = new Uint8ClampedArray(8);
    expect(fromImageData({ width: 2, height: 1, data })).toEqual({
      width: 2,
      height: 1,
      channels: 4,
      data,
    });
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /not a RasterImage/],
    ['null', null, /not a RasterImage/],
    ['a plain array', grey([0, 1] as unknown as Float32Array), /not a RasterImage/],
    ['two channels', { ...grey(new Uint8Array(4)), channels: 2 }, /not a RasterImage/],
    ['no width', { ...grey(new Uint8Array(0)), width: 0 }, /not a RasterImage/],
    ['half a pixel', { ...grey(new Uint8Array(2)), height: 0.5 }, /not a RasterImage/],
    ['too few values', grey(new Uint8Array(1)), /2×1 with 1 channels but has 1 values. It needs 2/],
    ['NaN', grey(Float32Array.of(0, Number.NaN)), /holds NaN at index 1/],
    ['infinity', grey(Float32Array.of(Number.POSITIVE_INFINITY, 0)), /holds Infinity at index 0/],
  ])('refuses %s', (_, image, message) => {
    const refused = () => assertRaster(image as RasterImage);
    expect(refused).toThrow(InvalidImageError);
    expect(refused).toThrow(message);
  });
});

describe('withAlpha', () => {
  it('joins colours and alpha', () => {
    const colors = {
      width: 1,
      height: 2,
      channels: 3 as const,
      data: Uint8Array.of(0, 51, 255, 255, 0, 0),
    };
    const alpha = { width: 1, height: 2, channels: 1 as const, data: Float32Array.of(0.5, 1) };
    const { data, ...rest } = withAlpha(colors, alpha);
    expect(rest).toEqual({ width: 1, height: 2, channels: 4 });
    expect(data).toEqual(Float32Array.of(0, 0.2, 1, 0.5, 1, 0, 0, 1));
  });

  it('refuses pictures that do not belong together', () => {
    const colors = mockPortrait(4, 4);
    const alpha = (width: number): RasterImage => ({
      width,
      height: 4,
      channels: 1,
      data: new Float32Array(width * 4),
    });
    expect(() => withAlpha(colors, alpha(5))).toThrow(/got 4×4×3 and 5×4×1/);
    expect(() => withAlpha(alpha(4), alpha(4))).toThrow(InvalidImageError);
    expect(() => withAlpha(colors, colors)).toThrow(InvalidImageError);
  });
});
