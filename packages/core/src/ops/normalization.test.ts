import { everyBackend } from '@latent-matte/test-kit/every-backend';
import { itMatchesItsOracle, tensorOf, weight64 } from '@latent-matte/test-kit/oracle/check-op';
import { at, type Map64, map64 } from '@latent-matte/test-kit/oracle/map64';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { InvalidOptionError } from '../errors';
import { batchNormalization, groupNormalization, instanceNormalization } from './normalization';
import { softmaxOverPatches } from './softmax-over-patches';

const channels = 6;
const shape: Map64['shape'] = [2, 3, 5, channels];
const scale = weight64([channels], 2);
const offset = weight64([channels], 3);
const mean = weight64([channels], 4);
const variance = {
  shape: [channels],
  data: weight64([channels], 5).data.map((value) => value * value + 0.1),
};

/** Standardised per image and group of channels, then scaled and shifted per channel. */
function normal64(x: Map64, groups: number, epsilon: number, affine: boolean): Map64 {
  const [, height, width] = x.shape;
  const members = (n: number, c: number): number[] => {
    const values: number[] = [];
    const size = channels / groups;
    for (let d = 0; d < channels; d++) {
      if (Math.floor(d / size) !== Math.floor(c / size)) continue;
      for (let i = 0; i < height * width; i++) {
        values.push(at(x, n, Math.floor(i / width), i % width, d));
      }
    }
    return values;
  };
  const statistics = [0, 1].map((n) =>
    Array.from({ length: channels }, (_, c) => {
      const values = members(n, c);
      const mu = values.reduce((a, b) => a + b) / values.length;
      const spread = values.reduce((sum, v) => sum + (v - mu) ** 2, 0) / values.length;
      return { mu, deviation: Math.sqrt(spread + epsilon) };
    }),
  );
  return map64(x.shape, (n, i, j, c) => {
    const { mu, deviation } = statistics[n][c];
    const hat = (at(x, n, i, j, c) - mu) / deviation;
    return affine ? hat * scale.data[c] + offset.data[c] : hat;
  });
}

const affine = () => ({
  scale: tensorOf<tf.Tensor1D>(scale),
  offset: tensorOf<tf.Tensor1D>(offset),
});

everyBackend(() => {
  itMatchesItsOracle({
    name: 'batchNormalization',
    shape,
    make: () => {
      const options = {
        mean: tensorOf<tf.Tensor1D>(mean),
        variance: tensorOf<tf.Tensor1D>(variance),
        ...affine(),
      };
      return (x) => batchNormalization(x, options);
    },
    oracle: (x) =>
      map64(
        shape,
        (n, i, j, c) =>
          ((at(x, n, i, j, c) - mean.data[c]) / Math.sqrt(variance.data[c] + 1e-5)) *
            scale.data[c] +
          offset.data[c],
      ),
  });
  itMatchesItsOracle({
    name: 'batchNormalization without scale and offset, epsilon 1e-3',
    shape,
    make: () => {
      const options = {
        mean: tensorOf<tf.Tensor1D>(mean),
        variance: tensorOf<tf.Tensor1D>(variance),
        epsilon: 1e-3,
      };
      return (x) => batchNormalization(x, options);
    },
    oracle: (x) =>
      map64(
        shape,
        (n, i, j, c) => (at(x, n, i, j, c) - mean.data[c]) / Math.sqrt(variance.data[c] + 1e-3),
      ),
  });
  itMatchesItsOracle({
    name: 'instanceNormalization',
    shape,
    tolerance: 1e-4,
    make: () => (x) => instanceNormalization(x),
    oracle: (x) => normal64(x, channels, 1e-5, false),
  });
  itMatchesItsOracle({
    name: 'instanceNormalization with scale and offset, large mean',
    shape,
    tolerance: 2e-3,
    input: (noise) => noise.map((value) => value + 100),
    make: () => {
      const options = affine();
      return (x) => instanceNormalization(x, options);
    },
    oracle: (x) => normal64(x, channels, 1e-5, true),
  });
  for (const groups of [1, 2, 6]) {
    itMatchesItsOracle({
      name: `groupNormalization, ${groups} groups`,
      shape,
      tolerance: 1e-4,
      make: () => {
        const options = { ...affine(), groups, epsilon: 1e-2 };
        return (x) => groupNormalization(x, options);
      },
      oracle: (x) => normal64(x, groups, 1e-2, true),
    });
  }
  it('refuses groups that do not divide the channels', () =>
    tf.tidy(() => {
      const x: tf.Tensor4D = tf.zeros([1, 2, 2, 6]);
      expect(() => groupNormalization(x, { groups: 4 })).toThrow(InvalidOptionError);
      expect(() => groupNormalization(x, { groups: 0 })).toThrow(InvalidOptionError);
    }));

  const factors = weight64([2, 1, 1, channels], 8);
  const bias = weight64(shape, 9);
  const softmax64 = (x: Map64, score: (n: number, i: number, j: number, c: number) => number) =>
    map64(x.shape, (n, i, j, c) => {
      let sum = 0;
      for (let d = 0; d < channels; d++) sum += Math.exp(score(n, i, j, d));
      return Math.exp(score(n, i, j, c)) / sum;
    });
  itMatchesItsOracle({
    name: 'softmaxOverPatches',
    shape,
    make: () => (x) => softmaxOverPatches(x),
    oracle: (x) => softmax64(x, (n, i, j, c) => at(x, n, i, j, c)),
  });
  itMatchesItsOracle({
    name: 'softmaxOverPatches with a scale made in the forward pass and an offset',
    shape,
    tolerance: 5e-5,
    make: () => {
      const [scales, added] = [tensorOf(factors), tensorOf(bias)];
      return (x) => softmaxOverPatches(x, { scale: tf.add(scales, 1), offset: added });
    },
    oracle: (x) =>
      softmax64(
        x,
        (n, i, j, c) =>
          at(x, n, i, j, c) * (factors.data[n * channels + c] + 1) +
          at({ shape, data: bias.data }, n, i, j, c),
      ),
  });
});
