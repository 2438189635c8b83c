import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { readFixture } from '@latent-matte/test-kit/fixture';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { mockComposite } from '../testing/mock-composite';
import { estimateBlurFusion } from './blur-fusion';
import { blurFusionOnTensors } from './blur-fusion-tensors';

const maxDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length);
  let max = 0;
  for (let i = 0; i < b.length; i++) max = Math.max(max, Math.abs(a[i] - b[i]));
  return max;
};

/** Every second pixel, as the fixture stores the first pass. */
function halved(layer: Float32Array, width: number, height: number): number[] {
  const result: number[] = [];
  for (let y = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2) {
      result.push(...layer.subarray((y * width + x) * 3, (y * width + x) * 3 + 3));
    }
  }
  return result;
}

const published = { background: 'blurred' } as const;

function reference() {
  const fixture = readFixture('blurfusion_128x160');
  const [height, width] = fixture.shape('alpha');
  const unit = (name: string) => Float32Array.from(fixture.bytes(name), (value) => value / 255);
  return { fixture, width, height, image: unit('image'), alpha: unit('alpha') };
}

describe('estimateBlurFusion', () => {
  it('reproduces the published code, pass by pass', () => {
    const { fixture, width, height, image, alpha } = reference();
    const first = estimateBlurFusion(image, alpha, width, height, { ...published, sizes: [90] });
    const F1 = halved(first.foreground, width, height);
    const B1 = halved(first.background, width, height);
    expect(maxDifference(F1, fixture.floats('F_pass1'))).toBeLessThan(1e-6);
    expect(maxDifference(B1, fixture.floats('B_pass1'))).toBeLessThan(1e-6);
    const second = estimateBlurFusion(image, alpha, width, height, published);
    const B2 = halved(second.background, width, height);
    expect(maxDifference(second.foreground, fixture.floats('F'))).toBeLessThan(1e-6);
    expect(maxDifference(B2, fixture.floats('B_pass2'))).toBeLessThan(1e-6);
  });

  it('leaves the background sharp by default', () => {
    const { image, alpha } = mockComposite(64, 64);
    const fused = estimateBlurFusion(image.data, alpha.data, 64, 64);
    const blurred = estimateBlurFusion(image.data, alpha.data, 64, 64, published);
    const corner = (data: Float32Array) => data.subarray(0, 60);
    expect(maxDifference(corner(fused.background), corner(image.data))).toBeLessThan(1e-6);
    expect(maxDifference(corner(blurred.background), corner(image.data))).toBeGreaterThan(1e-3);
    expect(fused.foreground).toEqual(blurred.foreground);
  });

  it.each([
    [1, 1],
    [1, 7],
    [5, 1],
    [3, 4],
  ])('bears a picture of %d × %d, smaller than its window', (width, height) => {
    const { image, alpha } = mockComposite(width, height);
    const layers = estimateBlurFusion(image.data, alpha.data, width, height);
    for (const layer of [layers.foreground, layers.background]) {
      expect(layer.every((value) => value >= 0 && value <= 1)).toBe(true);
    }
  });
});

eachBackend(() => {
  it('gives on tensors what it gives on arrays', async () => {
    const { width, height, image, alpha } = reference();
    const tensors = [
      tf.tensor4d(image, [1, height, width, 3]),
      tf.tensor4d(alpha, [1, height, width, 1]),
    ];
    for (const options of [published, {}]) {
      const expected = estimateBlurFusion(image, alpha, width, height, options);
      const layers = blurFusionOnTensors(tensors[0], tensors[1], options);
      const F = await layers.foreground.data();
      const B = await layers.background.data();
      tf.dispose([layers.foreground, layers.background]);
      expect(maxDifference(F, expected.foreground)).toBeLessThan(2e-5);
      expect(maxDifference(B, expected.background)).toBeLessThan(3e-4);
    }
    tf.dispose(tensors);
  });
});
