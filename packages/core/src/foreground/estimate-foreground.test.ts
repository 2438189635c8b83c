import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { RasterImage } from '../contracts';
import { AbortedError, ImageTooLargeError, InvalidImageError, InvalidOptionError } from '../errors';
import { checkLeaks } from '../testing/leak-check';
import { mockComposite } from '../testing/mock-composite';
import { cutOutWithMatte } from './cut-out-with-matte';
import { estimateForeground, type ForegroundMethod } from './estimate-foreground';
import { estimateMultiLevel } from './multi-level';

const methods: ForegroundMethod[] = ['multi-level', 'closed-form', 'blur-fusion'];

const toBytes = (data: Float32Array) => Uint8Array.from(data, (value) => Math.round(value * 255));
const toShorts = (data: Float32Array) =>
  Uint16Array.from(data, (value) => Math.round(value * 65535));

function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let max = 0;
  for (let i = 0; i < a.length; i++) max = Math.max(max, Math.abs(a[i] - b[i]));
  return max;
}

/** Mean over the pixels where alpha is neither 0 nor 1. */
function meanWhereSoft(alpha: Float32Array, f: (i: number) => number): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < alpha.length * 3; i++) {
    const a = alpha[Math.floor(i / 3)];
    if (a <= 0 || a >= 1) continue;
    sum += f(i);
    count++;
  }
  return sum / count;
}

describe.each(methods)('estimateForeground on plain images: %s', (method) => {
  const scene = mockComposite(40, 30);

  it('composes to the image', async () => {
    const { foreground, background } = await estimateForeground(scene.image, scene.alpha, {
      method,
    });
    expect(foreground).toMatchObject({ width: 40, height: 30, channels: 3 });
    const error = meanWhereSoft(scene.alpha.data, (i) => {
      const a = scene.alpha.data[Math.floor(i / 3)];
      return Math.abs(a * foreground.data[i] + (1 - a) * background.data[i] - scene.image.data[i]);
    });
    expect(error).toBeLessThan(0.01);
  });

  it('reads 8 and 16 bits, grey and RGBA', async () => {
    const { image, alpha } = scene;
    const exact = await estimateForeground(image, alpha, { method });
    const shorts = await estimateForeground(
      { ...image, data: toShorts(image.data) },
      { ...alpha, data: toShorts(alpha.data) },
      { method },
    );
    const a = (i: number) => alpha.data[Math.floor(i / 3)];
    const differs = (other: typeof exact) =>
      meanWhereSoft(alpha.data, (i) =>
        Math.abs(a(i) * (other.foreground.data[i] - exact.foreground.data[i])),
      );
    expect(differs(shorts)).toBeLessThan(1e-3);
    const rgba = new Uint8Array(40 * 30 * 4).fill(255);
    const bytes = toBytes(image.data);
    for (let i = 0; i < bytes.length; i++) rgba[Math.floor(i / 3) * 4 + (i % 3)] = bytes[i];
    const fromRgba = await estimateForeground({ ...image, channels: 4, data: rgba }, alpha, {
      method,
    });
    const fromRgb = await estimateForeground({ ...image, data: bytes }, alpha, { method });
    expect(fromRgba.foreground.data).toEqual(fromRgb.foreground.data);
    expect(differs(fromRgb)).toBeLessThan(0.01);
    const fromGrey = await estimateForeground(alpha, alpha, { method });
    expect(fromGrey.foreground.data).toHaveLength(40 * 30 * 3);
  });

  it('can be stopped, and reports how far it is', async () => {
    const controller = new AbortController();
    controller.abort();
    const stopped = estimateForeground(scene.image, scene.alpha, {
      method,
      signal: controller.signal,
    });
    await expect(stopped).rejects.toBeInstanceOf(AbortedError);
    const shares: number[] = [];
    await estimateForeground(scene.image, scene.alpha, {
      method,
      onProgress: (share) => shares.push(share),
    });
    expect(shares.at(-1)).toBe(1);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
  });

  it('cuts out without a halo', async () => {
    const { image, alpha, foreground } = scene;
    const cut = await cutOutWithMatte(image, alpha, { method });
    expect(cut).toMatchObject({ width: 40, height: 30, channels: 4 });
    // Over a colour far from both layers, against what the true foreground would look like there.
    const green = [0, 1, 0];
    const over = (color: (i: number) => number) =>
      meanWhereSoft(alpha.data, (i) => {
        const a = alpha.data[Math.floor(i / 3)];
        const expected = a * foreground.data[i] + (1 - a) * green[i % 3];
        return Math.abs(a * color(i) + (1 - a) * green[i % 3] - expected);
      });
    const naive = over((i) => image.data[i]);
    const ours = over((i) => cut.data[Math.floor(i / 3) * 4 + (i % 3)]);
    expect(naive).toBeGreaterThan(0.03);
    expect(ours).toBeLessThan(naive / 4);
    expect(cut.data.filter((_, i) => i % 4 === 3)).toEqual(alpha.data);
  });
});

describe('estimateForeground refuses', () => {
  const { image, alpha } = mockComposite(6, 4);
  const map = (width: number, height: number): RasterImage => ({
    width,
    height,
    channels: 1,
    data: new Uint8Array(width * height),
  });

  it.each<[string, RasterImage, RasterImage, unknown, RegExp]>([
    ['sizes that differ', image, map(4, 6), InvalidImageError, /image is 6×4 and the alpha 4×6/],
    ['a coloured alpha', image, image, InvalidImageError, /alpha has 3 channels/],
    [
      'NaN in alpha',
      image,
      { ...alpha, data: new Float32Array(24).fill(Number.NaN) },
      InvalidImageError,
      /The alpha holds NaN/,
    ],
    [
      'more than 50 megapixels',
      map(10_000, 5001),
      map(10_000, 5001),
      ImageTooLargeError,
      /10000×5001: more than 50 megapixels/,
    ],
  ])('%s', async (_, first, second, type, message) => {
    const refused = estimateForeground(first, second);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toBeInstanceOf(type);
  });

  it('an unknown method', async () => {
    const refused = estimateForeground(image, alpha, { method: 'toString' as 'multi-level' });
    await expect(refused).rejects.toBeInstanceOf(InvalidOptionError);
    await expect(refused).rejects.toThrow(/no foreground method "toString"/);
  });
});

it('clips alpha, as overshooting networks need it', async () => {
  const { image, alpha } = mockComposite(12, 10);
  const stretched = { ...alpha, data: alpha.data.map((value) => 1.2 * value - 0.1) };
  const { foreground } = await estimateForeground(image, stretched);
  const clipped = stretched.data.map((value) => Math.min(1, Math.max(0, value)));
  expect(foreground.data).toEqual(estimateMultiLevel(image.data, clipped, 12, 10).foreground);
});

eachBackend(() => {
  it.each(methods)('works on tensors and leaks nothing: %s', async (method) => {
    const scene = mockComposite(24, 18);
    const image = tf.tensor4d(scene.image.data, [1, 18, 24, 3]);
    const alpha = tf.tensor4d(scene.alpha.data, [1, 18, 24, 1]);
    const plain = await estimateForeground(scene.image, scene.alpha, { method });
    const check = await checkLeaks(async () => {
      const layers = await estimateForeground(image, alpha, { method });
      const found = await layers.foreground.data();
      tf.dispose([layers.foreground, layers.background]);
      expect(maxDifference(found, plain.foreground.data)).toBeLessThan(1e-3);
    });
    expect(check).toEqual({ leaked: 0 });
    const stopped = await checkLeaks(() =>
      estimateForeground(image, alpha, { method, signal: AbortSignal.abort() }),
    );
    expect(stopped.error).toBeInstanceOf(AbortedError);
    expect(stopped.leaked).toBe(0);
    const mixed = () => estimateForeground(image, scene.alpha as unknown as tf.Tensor4D);
    await expect(mixed()).rejects.toThrow(/One of image and alpha is a tensor/);
    tf.dispose([image, alpha]);
  });
});
