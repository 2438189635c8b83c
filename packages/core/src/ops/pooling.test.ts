import { everyBackend } from '@latent-matte/test-kit/every-backend';
import { itMatchesItsOracle } from '@latent-matte/test-kit/oracle/check-op';
import { at, type Map64, map64 } from '@latent-matte/test-kit/oracle/map64';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../errors';
import { maxPoolWithIndices, maxUnpool } from './max-unpool';
import { adaptiveAveragePool, averagePool, maxPool, type PoolOptions } from './pooling';

/** Output samples along an axis, by PyTorch's documentation. */
function outputLength(length: number, o: Required<PoolOptions>): number {
  const steps = (length + 2 * o.padding - o.size) / o.stride;
  const count = (o.ceilMode ? Math.ceil(steps) : Math.floor(steps)) + 1;
  return o.ceilMode && (count - 1) * o.stride >= length + o.padding ? count - 1 : count;
}

/** Reduces the samples of every window; `inside` says whether the place is in the map, or only in the padding. */
function pool64(
  x: Map64,
  options: PoolOptions,
  reduce: (samples: { value: number; inside: boolean }[]) => number,
): Map64 {
  const o = { stride: options.size, padding: 0, ceilMode: false, ...options };
  const [n, height, width, channels] = x.shape;
  const shape = [n, outputLength(height, o), outputLength(width, o), channels] as const;
  return map64(shape, (b, i, j, c) => {
    const samples: { value: number; inside: boolean }[] = [];
    for (let k = 0; k < o.size; k++) {
      for (let l = 0; l < o.size; l++) {
        const [y, z] = [i * o.stride - o.padding + k, j * o.stride - o.padding + l];
        if (y >= height + o.padding || z >= width + o.padding) continue;
        const inside = y >= 0 && y < height && z >= 0 && z < width;
        samples.push({ value: at(x, b, y, z, c), inside });
      }
    }
    return reduce(samples);
  });
}

const cases: PoolOptions[] = [
  { size: 2 },
  { size: 3, stride: 2, padding: 1 },
  { size: 3, stride: 2, ceilMode: true },
  { size: 2, stride: 2, padding: 1, ceilMode: true },
  { size: 3, stride: 1, padding: 1 },
];
const shape: Map64['shape'] = [2, 6, 5, 2];

everyBackend(() => {
  for (const options of cases) {
    itMatchesItsOracle({
      name: `maxPool ${JSON.stringify(options)}`,
      shape,
      // All negative: padding must never win.
      input: (noise) => noise.map((value) => value - 10),
      make: () => (x) => maxPool(x, options),
      oracle: (x) =>
        pool64(x, options, (samples) =>
          Math.max(...samples.filter(({ inside }) => inside).map(({ value }) => value)),
        ),
    });
    for (const countIncludePadding of [true, false]) {
      itMatchesItsOracle({
        name: `averagePool ${JSON.stringify(options)}, padding counts: ${countIncludePadding}`,
        shape,
        make: () => (x) => averagePool(x, { ...options, countIncludePadding }),
        oracle: (x) =>
          pool64(x, options, (samples) => {
            const counted = countIncludePadding ? samples : samples.filter((s) => s.inside);
            return counted.reduce((sum, { value }) => sum + value, 0) / counted.length;
          }),
      });
    }
  }

  for (const [height, width] of [
    [1, 1],
    [3, 2],
    [4, 7],
  ]) {
    itMatchesItsOracle({
      name: `adaptiveAveragePool to ${height}×${width}`,
      shape,
      make: () => (x) => adaptiveAveragePool(x, [height, width]),
      oracle: (x) =>
        map64([2, height, width, 2], (n, i, j, c) => {
          let [sum, count] = [0, 0];
          for (let y = Math.floor((i * 6) / height); y < ((i + 1) * 6) / height; y++) {
            for (let z = Math.floor((j * 5) / width); z < ((j + 1) * 5) / width; z++) {
              sum += at(x, n, y, z, c);
              count++;
            }
          }
          return sum / count;
        }),
    });
  }

  describe('maxPoolWithIndices and maxUnpool', () => {
    for (const [size, stride] of [
      [2, 2],
      [3, 3],
      [3, 2],
    ]) {
      it(`size ${size}, stride ${stride}: indices are y W + x of the first maximum`, async () => {
        // Whole numbers from 0 to 2: full of ties.
        const x64 = map64([2, 7, 6, 3], (n, y, x, c) => (n * 5 + y * 7 + x * x + c * (x + y)) % 3);
        const x = tf.tensor4d(Float32Array.from(x64.data), [2, 7, 6, 3]);
        const { values, indices } = maxPoolWithIndices(x, { size, stride });
        const [found, places] = await Promise.all([values.data(), indices.data()]);
        const best = pool64(x64, { size, stride }, (samples) =>
          Math.max(...samples.map(({ value }) => value)),
        );
        const expected = map64(best.shape, (n, i, j, c) => {
          for (let k = 0; k < size * size; k++) {
            const [y, z] = [i * stride + Math.floor(k / size), j * stride + (k % size)];
            if (at(x64, n, y, z, c) === at(best, n, i, j, c)) return y * 6 + z;
          }
          return Number.NaN;
        });
        expect(indices.dtype).toBe('int32');
        expect(Array.from(found)).toEqual(Array.from(best.data));
        expect(Array.from(places)).toEqual(Array.from(expected.data));
        tf.dispose([x, values, indices]);
      });
    }

    itMatchesItsOracle({
      name: 'pool, double, unpool on an odd map',
      shape: [2, 5, 7, 2],
      make: () => (x) => {
        const { values, indices } = maxPoolWithIndices(x);
        return maxUnpool(tf.square(values), indices, [5, 7]);
      },
      oracle: (x) => {
        const best = pool64(x, { size: 2 }, (samples) => Math.max(...samples.map((s) => s.value)));
        return map64(x.shape, (n, i, j, c) => {
          const [y, z] = [Math.floor(i / 2), Math.floor(j / 2)];
          if (y >= best.shape[1] || z >= best.shape[2]) return 0;
          const value = at(x, n, i, j, c);
          return value === at(best, n, y, z, c) ? value * value : 0;
        });
      },
    });

    it('refuses what does not belong together', () =>
      tf.tidy(() => {
        const values: tf.Tensor4D = tf.zeros([1, 2, 2, 1]);
        const indices: tf.Tensor4D = tf.zeros([1, 2, 2, 1], 'int32');
        expect(() => maxUnpool(values, indices, [3, 4])).toThrow(InvalidOptionError);
        expect(() => maxUnpool(values, tf.zeros([1, 2, 1, 1], 'int32'), [4, 4])).toThrow(
          InvalidOptionError,
        );
      }));
  });

  it('refuses windows out of range', () =>
    tf.tidy(() => {
      const x: tf.Tensor4D = tf.zeros([1, 3, 3, 1]);
      for (const options of [
        { size: 0 },
        { size: 4 },
        { size: 2, stride: 0 },
        { size: 2, padding: 2 },
        { size: 2, padding: -1 },
      ]) {
        expect(() => maxPool(x, options)).toThrow(InvalidOptionError);
        expect(() => averagePool(x, options)).toThrow(InvalidOptionError);
      }
      expect(() => adaptiveAveragePool(x, [0, 1])).toThrow(InvalidOptionError);
    }));
});
