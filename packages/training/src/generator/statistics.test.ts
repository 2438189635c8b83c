import '@latent-matte/core/gradients';
import { createRandom } from '@latent-matte/core';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { Faces, isHeldOut } from './faces';
import { fitMapping } from './fit-mapping';
import { frechetDistance, gaussianOf } from './frechet';
import { principalComponents, symmetricEigen } from './principal-components';

it('symmetricEigen takes a matrix apart, the largest value first', () => {
  const n = 12;
  const normals = createRandom(1).normals(n * n);
  const matrix = Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return normals[i * n + j] + normals[j * n + i];
  });
  const { values, vectors } = symmetricEigen(matrix, n);
  for (let k = 1; k < n; k++) expect(values[k]).toBeLessThanOrEqual(values[k - 1]);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += values[k] * vectors[i * n + k] * vectors[j * n + k];
      expect(sum).toBeCloseTo(matrix[i * n + j], 8);
    }
  }
});

it('the Fréchet distance of two Gaussians is the closed form of commuting ones', () => {
  const gaussian = (mean: number[], variances: number[]) => ({
    mean: Float64Array.from(mean),
    covariance: Float64Array.from([variances[0], 0, 0, variances[1]]),
  });
  const [a, b] = [gaussian([0, 1], [4, 1]), gaussian([2, 1], [1, 9])];
  expect(frechetDistance(a, a)).toBeCloseTo(0, 10);
  // |μ₁ − μ₂|² + Σ (σ₁ − σ₂)²
  expect(frechetDistance(a, b)).toBeCloseTo(4 + (2 - 1) ** 2 + (1 - 3) ** 2, 10);
});

describe('held-out faces', () => {
  it('are a few, by name alone', () => {
    const names = Array.from({ length: 2000 }, (_, i) => `face_${i}`);
    const held = names.filter(isHeldOut);
    expect(held.length).toBeGreaterThan(40);
    expect(held.length).toBeLessThan(160);
    expect(names.filter(isHeldOut)).toEqual(held);
  });
});

eachBackend(() => {
  it('draws faces at every size, and their mirror images', () => {
    const image = Uint8Array.from(createRandom(1).normals(256 * 256 * 3), (v) => 128 + 40 * v);
    const faces = new Faces(['one'], [image]);
    tf.tidy(() => {
      const both = faces.batch([0, 1], 128);
      expect(both.shape).toEqual([2, 128, 128, 3]);
      const [face, mirror] = tf.unstack(both) as tf.Tensor3D[];
      expect(tf.max(tf.abs(tf.sub(tf.reverse(face, 1), mirror))).dataSync()[0]).toBe(0);
      const mean = tf.mean(faces.batch([0], 256)).dataSync()[0];
      expect(tf.mean(face).dataSync()[0]).toBeCloseTo(mean, 1);
    });
    expect(() => faces.batch([0], 100)).toThrow('No faces of 100 pixels');
  });

  it('finds the principal components', () => {
    // Two strong directions and noise.
    const random = createRandom(4);
    const rows = Array.from({ length: 300 }, () => {
      const [a, b] = [6 * random.normal(), random.normal()];
      return [a + b, a - b, 0.1 * random.normal(), 0.1 * random.normal(), 5];
    });
    const { mean, vectors, variances } = principalComponents(tf.tensor2d(rows), 2);
    expect(mean[4]).toBeCloseTo(5, 4);
    expect(variances[0]).toBeGreaterThan(50);
    expect(variances[1]).toBeLessThan(variances[0]);
    const first = [0, 1, 2, 3, 4].map((i) => vectors[i * 2]);
    expect(Math.abs(first[0])).toBeCloseTo(Math.SQRT1_2, 1);
    expect(Math.abs(first[2])).toBeLessThan(0.05);
  });

  it('fits a mapping network to the spread of codes, the same for the same seed', () => {
    const random = createRandom(5);
    const codes = tf.tensor2d(
      Array.from({ length: 600 }, () => [1 + 2 * random.normal(), 0.3 * random.normal()]),
    );
    const sizes = { mappingLayers: 2, styleSize: 2, latentSize: 2, resolution: 16, channels: [] };
    const fit = (steps: number) => fitMapping(codes, sizes, createRandom(6), steps);
    const [short, long] = [fit(1), fit(30)];
    expect(long.distance).toBeLessThan(short.distance / 2);
    expect(long.values['style.1.weight']).toHaveLength(4);
    expect(fit(3)).toEqual(fit(3));
    expect(gaussianOf(codes).covariance[0]).toBeCloseTo(4, 0);
    codes.dispose();
  });
}, ['cpu']);
