import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { everyBackend } from '@latent-matte/test-kit/every-backend';
import { itMatchesItsOracle } from '@latent-matte/test-kit/oracle/check-op';
import { at, map64 } from '@latent-matte/test-kit/oracle/map64';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../errors';
import { createRandom } from '../random';
import { checkGradient, checkLeaks } from '../testing';
import { resize } from './resize';
import { type ResizeMethod, resizeMatrix } from './resize-matrix';

type Size = [height: number, width: number];

/** One output sample along an axis: pairs of source index and weight, in float64, from the definition. */
function taps(i: number, from: number, to: number, method: ResizeMethod): [number, number][] {
  const scale = from / to;
  if (method === 'area' && scale > 1) {
    // The overlap of source pixel [j, j + 1] with the footprint [i, i + 1] · scale.
    return Array.from({ length: from }, (_, j): [number, number] => [
      j,
      Math.max(0, Math.min(j + 1, (i + 1) * scale) - Math.max(j, i * scale)) / scale,
    ]);
  }
  // The tent of width 2 around the half-pixel centre, with the border repeated.
  const center = (i + 0.5) * scale - 0.5;
  const low = Math.floor(center);
  const clamp = (j: number) => Math.min(from - 1, Math.max(0, j));
  return [
    [clamp(low), 1 - (center - low)],
    [clamp(low + 1), center - low],
  ];
}

function oracle(
  x: Float32Array,
  [batch, height, width, channels]: readonly number[],
  [newHeight, newWidth]: Size,
  method: ResizeMethod,
): Float64Array {
  const y = new Float64Array(batch * newHeight * newWidth * channels);
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < newHeight; i++) {
      for (let j = 0; j < newWidth; j++) {
        for (const [row, a] of taps(i, height, newHeight, method)) {
          for (const [column, b] of taps(j, width, newWidth, method)) {
            for (let c = 0; c < channels; c++) {
              y[((n * newHeight + i) * newWidth + j) * channels + c] +=
                a * b * x[((n * height + row) * width + column) * channels + c];
            }
          }
        }
      }
    }
  }
  return y;
}

const cases: { batch: number; from: Size; to: Size }[] = [
  { batch: 1, from: [8, 8], to: [16, 16] },
  { batch: 1, from: [16, 12], to: [8, 4] },
  { batch: 2, from: [7, 10], to: [13, 5] },
  { batch: 2, from: [13, 5], to: [5, 13] },
  { batch: 1, from: [1, 1], to: [3, 4] },
  { batch: 2, from: [9, 6], to: [9, 4] },
  { batch: 2, from: [9, 6], to: [1, 6] },
];
const methods: ResizeMethod[] = ['bilinear', 'area'];
const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);

eachBackend(() => {
  describe.each(methods)('%s', (method) => {
    it.each(cases)(
      'batch $batch, $from to $to: value, adjoint and leaks',
      async ({ batch, from, to }) => {
        const random = createRandom(5);
        const shape: [number, number, number, number] = [batch, ...from, 3];
        const values = random.normals(batch * from[0] * from[1] * 3);
        const cotangent = random.normals(batch * to[0] * to[1] * 3);
        const expected = oracle(values, shape, to, method);
        let found: Float32Array | undefined;
        let adjoint: Float32Array | undefined;
        const leaks = await checkLeaks(() =>
          tf.tidy(() => {
            const x = tf.tensor(values, shape) as tf.Tensor4D;
            const y = resize(x, to, method);
            expect(y.shape).toEqual([batch, ...to, 3]);
            found = y.dataSync() as Float32Array;
            const r = tf.tensor(cotangent, [batch, ...to, 3]);
            const back = tf.grad((input) =>
              tf.sum(tf.mul(resize(input as tf.Tensor4D, to, method), r)),
            )(x);
            expect(back.shape).toEqual(shape);
            adjoint = back.dataSync() as Float32Array;
          }),
        );
        expect(leaks).toEqual({ leaked: 0 });
        for (let i = 0; i < expected.length; i++) expect(found![i]).toBeCloseTo(expected[i], 5);
        // ⟨Ax, y⟩ = ⟨x, Aᵀy⟩
        const forward = dot(expected, cotangent);
        const scale = Math.hypot(...expected) * Math.hypot(...cotangent);
        expect(Math.abs(forward - dot(values, adjoint!)) / scale).toBeLessThan(1e-6);
      },
    );

    it('has the gradient that finite differences show', async () => {
      const x = tf.tensor4d(createRandom(2).normals(2 * 7 * 10 * 3), [2, 7, 10, 3]);
      const { relativeError } = await checkGradient(
        (input) => resize(input as tf.Tensor4D, [13, 5], method),
        [x],
      );
      x.dispose();
      expect(relativeError).toBeLessThan(1e-4);
    });
  });

  it('refuses aligned corners where there are none', () =>
    tf.tidy(() => {
      const x: tf.Tensor4D = tf.zeros([1, 2, 2, 1]);
      for (const method of ['area', 'nearest'] as const) {
        expect(() => resize(x, [3, 3], method, { alignCorners: true })).toThrow(InvalidOptionError);
      }
    }));

  it('copies when the size stays, so that the result can be disposed alone', () => {
    const x = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
    const y = resize(x, [2, 2]);
    expect(Array.from(y.dataSync())).toEqual([1, 2, 3, 4]);
    y.dispose();
    expect(x.isDisposed).toBe(false);
    x.dispose();
  });
});

/** Keys' cubic, a = −0.75, from its definition; 0 beyond 2. */
function cubic(distance: number): number {
  const t = Math.abs(distance);
  if (t <= 1) return 1.25 * t ** 3 - 2.25 * t ** 2 + 1;
  return t < 2 ? -0.75 * t ** 3 + 3.75 * t ** 2 - 6 * t + 3 : 0;
}
const tent = (distance: number): number => Math.max(0, 1 - Math.abs(distance));

/** Weights of source samples, borders repeated, for output i of an axis. */
function kernelTaps(i: number, from: number, to: number, cubical: boolean, aligned: boolean) {
  const center = aligned
    ? to > 1
      ? (i * (from - 1)) / (to - 1)
      : 0
    : ((i + 0.5) * from) / to - 0.5;
  const low = Math.floor(center);
  return [low - 1, low, low + 1, low + 2].map((j): [number, number] => [
    Math.min(from - 1, Math.max(0, j)),
    (cubical ? cubic : tent)(center - j),
  ]);
}

everyBackend((backend) => {
  // Every size compiles its own shaders on SwiftShader.
  const sizes: Size[] =
    backend === 'webgpu'
      ? [[9, 2]]
      : [
          [9, 2],
          [10, 8],
          [1, 3],
          [5, 7],
        ];
  for (const to of sizes) {
    for (const [method, alignCorners] of [
      ['bilinear', false],
      ['bilinear', true],
      ['bicubic', false],
      ['bicubic', true],
    ] as const) {
      itMatchesItsOracle({
        name: `${method} to ${to}, align corners ${alignCorners}`,
        shape: [2, 5, 4, 2],
        make: () => (x) => resize(x, to, method, { alignCorners }),
        oracle: (x) =>
          map64([2, to[0], to[1], 2], (n, i, j, c) => {
            let sum = 0;
            for (const [y, a] of kernelTaps(i, 5, to[0], method === 'bicubic', alignCorners)) {
              for (const [z, b] of kernelTaps(j, 4, to[1], method === 'bicubic', alignCorners)) {
                sum += a * b * at(x, n, y, z, c);
              }
            }
            return sum;
          }),
      });
    }
    itMatchesItsOracle({
      name: `nearest to ${to}`,
      shape: [2, 5, 4, 2],
      make: () => (x) => resize(x, to, 'nearest'),
      oracle: (x) =>
        map64([2, to[0], to[1], 2], (n, i, j, c) =>
          at(x, n, Math.floor((i * 5) / to[0]), Math.floor((j * 4) / to[1]), c),
        ),
    });
  }
});

describe('resizeMatrix', () => {
  it('lanczos4: eight taps of sinc(t) sinc(t/4) at half-pixel centres, normalised, the border repeated', () => {
    const sinc = (t: number) => (t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t));
    const [from, to] = [20, 24];
    const matrix = resizeMatrix(from, to, 'lanczos4');
    for (let i = 0; i < to; i++) {
      const center = ((i + 0.5) * from) / to - 0.5;
      const weights = Array.from({ length: 40 }, (_, k) => {
        const t = center - (k - 10);
        return Math.abs(t) < 4 ? sinc(t) * sinc(t / 4) : 0;
      });
      const sum = weights.reduce((a, b) => a + b);
      const expected = new Float64Array(from);
      weights.forEach((weight, k) => {
        expected[Math.min(from - 1, Math.max(0, k - 10))] += weight / sum;
      });
      for (let j = 0; j < from; j++) expect(matrix[i * from + j]).toBeCloseTo(expected[j], 6);
    }
  });

  it.each(methods)('%s: every row sums to 1 and has no negative weight', (method) => {
    for (const [from, to] of [
      [1, 5],
      [5, 1],
      [7, 3],
      [3, 7],
      [64, 48],
      [1000, 333],
    ]) {
      const matrix = resizeMatrix(from, to, method);
      for (let i = 0; i < to; i++) {
        const row = matrix.subarray(i * from, (i + 1) * from);
        expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
        expect(row.every((weight) => weight >= 0)).toBe(true);
      }
    }
  });

  it('averages whole blocks when shrinking by a whole factor', () => {
    expect(Array.from(resizeMatrix(4, 2, 'area'))).toEqual([0.5, 0.5, 0, 0, 0, 0, 0.5, 0.5]);
  });
});
