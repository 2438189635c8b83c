import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { readFixture } from '@latent-matte/test-kit/fixture';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { foregroundEstimators } from '../registry';
import { mockPortrait } from '../testing/mock-portrait';
import type { Layers } from './layers';
import { estimateMultiLevel } from './multi-level';
import { MultiLevelEstimator } from './multi-level-estimator';

const maxDifference = (a: Float32Array, b: Float32Array): number =>
  a.reduce((max, value, i) => Math.max(max, Math.abs(value - b[i])), 0);

/** Mean |αF + (1 − α)B − I|. */
function reconstructionError(
  image: Float32Array,
  alpha: Float32Array,
  { foreground, background }: Layers,
): number {
  let sum = 0;
  for (let i = 0; i < image.length; i++) {
    const a = alpha[Math.floor(i / 3)];
    sum += Math.abs(a * foreground[i] + (1 - a) * background[i] - image[i]);
  }
  return sum / image.length;
}

/** A soft vertical edge between two flat colours, where the layers are known. */
function twoColors(width: number, height: number) {
  const [red, blue] = [
    [0.9, 0.2, 0.1],
    [0.1, 0.3, 0.8],
  ];
  const alpha = Float32Array.from({ length: width * height }, (_, p) =>
    Math.min(1, Math.max(0, ((p % width) - width / 3) / (width / 3))),
  );
  const image = Float32Array.from({ length: width * height * 3 }, (_, i) => {
    const a = alpha[Math.floor(i / 3)];
    return a * red[i % 3] + (1 - a) * blue[i % 3];
  });
  return { image, alpha, red, blue };
}

describe('estimateMultiLevel', () => {
  it.each(['foreground_37x53', 'foreground_48x64'])('reproduces pymatting on %s', (name) => {
    const fixture = readFixture(name);
    const [height, width] = fixture.shape('alpha');
    const [image, alpha] = [fixture.floats('image'), fixture.floats('alpha')];
    const layers = estimateMultiLevel(image, alpha, width, height);
    expect(maxDifference(layers.foreground, fixture.floats('F_ml'))).toBeLessThan(1e-4);
    expect(maxDifference(layers.background, fixture.floats('B_ml'))).toBeLessThan(1e-4);
    expect(reconstructionError(image, alpha, layers)).toBeLessThan(0.01);
  });

  it('finds two flat colours', () => {
    const { image, alpha, red, blue } = twoColors(48, 20);
    const layers = estimateMultiLevel(image, alpha, 48, 20);
    expect(reconstructionError(image, alpha, layers)).toBeLessThan(1e-3);
    for (let p = 0; p < alpha.length; p++) {
      for (let c = 0; c < 3; c++) {
        expect(Math.abs(layers.foreground[p * 3 + c] - red[c])).toBeLessThan(0.02);
        expect(Math.abs(layers.background[p * 3 + c] - blue[c])).toBeLessThan(0.02);
      }
    }
  });

  it.each([
    [1, 1],
    [1, 7],
    [5, 1],
    [2, 3],
  ])('bears a picture of %d × %d', (width, height) => {
    const { image, alpha } = twoColors(width, height);
    const layers = estimateMultiLevel(image, alpha, width, height);
    for (const layer of [layers.foreground, layers.background]) {
      expect(layer).toHaveLength(width * height * 3);
      expect(layer.every((value) => value >= 0 && value <= 1)).toBe(true);
    }
  });

  it.each([0, 1])('keeps the picture where alpha is %d everywhere', (value) => {
    const { data: image, width, height } = mockPortrait(20, 16);
    const alpha = new Float32Array(width * height).fill(value);
    const layers = estimateMultiLevel(image, alpha, width, height);
    const visible = value === 1 ? layers.foreground : layers.background;
    expect(maxDifference(visible, image)).toBeLessThan(1e-3);
    for (const layer of [layers.foreground, layers.background]) {
      expect(layer.every(Number.isFinite)).toBe(true);
    }
  });

  it('takes its options: no sweep leaves the mean colours', () => {
    const { image, alpha } = twoColors(24, 12);
    const none = { smallIterations: 0, largeIterations: 0 };
    const { foreground } = estimateMultiLevel(image, alpha, 24, 12, none);
    const first = foreground.slice(0, 3);
    for (let i = 0; i < foreground.length; i++) expect(foreground[i]).toBe(first[i % 3]);
    const smooth = estimateMultiLevel(image, alpha, 24, 12, { regularization: 1 });
    const sharp = estimateMultiLevel(image, alpha, 24, 12);
    expect(reconstructionError(image, alpha, smooth)).toBeGreaterThan(
      reconstructionError(image, alpha, sharp),
    );
  });
});

eachBackend(() => {
  it('MultiLevelEstimator solves on tensors what estimateMultiLevel solves on arrays', async () => {
    const fixture = readFixture('foreground_37x53');
    const [height, width] = fixture.shape('alpha');
    const image = tf.tensor4d(fixture.floats('image'), [1, height, width, 3]);
    const alpha = tf.tensor4d(fixture.floats('alpha'), [1, height, width, 1]);
    const options = { regularization: 1e-3 };
    const layers = await new MultiLevelEstimator(options).estimate(image, alpha);
    const expected = estimateMultiLevel(
      fixture.floats('image'),
      fixture.floats('alpha'),
      width,
      height,
      options,
    );
    expect(layers.foreground.shape).toEqual(image.shape);
    expect(layers.foreground.dataSync()).toEqual(expected.foreground);
    expect(layers.background.dataSync()).toEqual(expected.background);
    tf.dispose([image, alpha, layers.foreground, layers.background]);
  });
});

it('is registered as "multi-level"', async () => {
  expect(await foregroundEstimators.create('multi-level', undefined)).toBeInstanceOf(
    MultiLevelEstimator,
  );
});

describe('skipFlatAbove', () => {
  it('changes nothing that shows, and copies the photo where it is opaque', () => {
    const [width, height] = [96, 64];
    const image = mockPortrait(width, height).data;
    const { alpha } = twoColors(width, height);
    const published = estimateMultiLevel(image, alpha, width, height).foreground;
    const sparing = estimateMultiLevel(image, alpha, width, height, {
      skipFlatAbove: 16,
    }).foreground;
    let worst = 0;
    for (let i = 0; i < image.length; i++) {
      const a = alpha[Math.floor(i / 3)]!;
      worst = Math.max(worst, a * Math.abs(published[i]! - sparing[i]!));
    }
    expect(worst).toBeLessThan(2 / 255);
    const last = (width * height - 1) * 3;
    expect(sparing.slice(last, last + 3)).toEqual(image.slice(last, last + 3));
  });
});
