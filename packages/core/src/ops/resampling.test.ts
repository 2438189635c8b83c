import { everyBackend } from '@latent-matte/test-kit/every-backend';
import { itMatchesItsOracle } from '@latent-matte/test-kit/oracle/check-op';
import { pad64, upfirdn64 } from '@latent-matte/test-kit/oracle/resampling64';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../errors';
import { reflectPad, replicatePad } from './border-padding';
import type { Borders } from './padding';
import { upfirdn2d } from './upfirdn2d';

const outer = (taps: number[]) => taps.map((a) => taps.map((b) => a * b));

everyBackend(() => {
  describe('upfirdn2d', () => {
    const blur = [1 / 8, 3 / 8, 3 / 8, 1 / 8];
    const skewed = [
      [1, -2, 3],
      [0.5, 4, 1],
    ];
    const cases: {
      kernel: number[] | number[][];
      up?: number;
      down?: number;
      padding: Borders;
      gain?: number;
    }[] = [
      { kernel: blur, padding: [2, 1, 2, 1] },
      { kernel: outer(blur), up: 2, padding: [2, 1, 2, 1], gain: 4 },
      { kernel: blur, down: 2, padding: [1, 1, 1, 1] },
      { kernel: [1, 2, -1], up: 2, down: 3, padding: [3, -1, 0, 2], gain: 0.5 },
      { kernel: skewed, padding: [1, 1, 0, 2] },
      { kernel: skewed, up: 3, down: 2, padding: [2, 0, -1, 1], gain: 2 },
    ];
    for (const { kernel, up = 1, down = 1, padding, gain = 1 } of cases) {
      itMatchesItsOracle({
        name: `kernel ${JSON.stringify(kernel)}, up ${up}, down ${down}, padding ${padding}`,
        shape: [2, 5, 4, 3],
        make: () => (x) => upfirdn2d(x, kernel, { up, down, padding, gain }),
        oracle: (x) =>
          upfirdn64(
            x,
            Array.isArray(kernel[0]) ? (kernel as number[][]) : outer(kernel as number[]),
            {
              up,
              down,
              borders: padding,
              gain,
            },
          ),
      });
    }

    it('refuses kernels and factors that make no sense', () =>
      tf.tidy(() => {
        const x: tf.Tensor4D = tf.zeros([1, 3, 3, 1]);
        expect(() => upfirdn2d(x, [])).toThrow(InvalidOptionError);
        expect(() => upfirdn2d(x, [[1, 2], [3]])).toThrow(InvalidOptionError);
        expect(() => upfirdn2d(x, [1, Number.NaN])).toThrow(InvalidOptionError);
        expect(() => upfirdn2d(x, [1, 1, 1, 1])).toThrow(InvalidOptionError);
        expect(() => upfirdn2d(x, [1], { up: 0 })).toThrow(InvalidOptionError);
        expect(() => upfirdn2d(x, [1], { down: 1.5 })).toThrow(InvalidOptionError);
      }));
  });

  describe('border padding', () => {
    for (const padding of [
      [1, 2, 3, 0],
      [4, 4, 3, 3],
      [0, 0, 0, 1],
    ] as Borders[]) {
      itMatchesItsOracle({
        name: `reflectPad ${padding}`,
        shape: [2, 5, 4, 2],
        make: () => (x) => reflectPad(x, padding),
        oracle: (x) =>
          pad64(x, padding, (i, length) => (i < 0 ? -i : i >= length ? 2 * length - 2 - i : i)),
      });
      itMatchesItsOracle({
        name: `replicatePad ${padding}`,
        shape: [2, 2, 3, 2],
        make: () => (x) => replicatePad(x, padding),
        oracle: (x) => pad64(x, padding, (i, length) => (i < 0 ? 0 : i >= length ? length - 1 : i)),
      });
    }

    it('refuses more reflection than there is map', () =>
      tf.tidy(() => {
        const x: tf.Tensor4D = tf.zeros([1, 3, 3, 1]);
        expect(() => reflectPad(x, 3)).toThrow(InvalidOptionError);
        expect(() => reflectPad(x, -1)).toThrow(InvalidOptionError);
        expect(() => replicatePad(x, [0, -1, 0, 0])).toThrow(InvalidOptionError);
        expect(reflectPad(x, 2).shape).toEqual([1, 7, 7, 1]);
      }));
  });
});
