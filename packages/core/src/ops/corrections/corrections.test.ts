import { everyBackend } from '@latent-matte/test-kit/every-backend';
import {
  expectClose,
  gradient64,
  tensorOf,
  weight64,
} from '@latent-matte/test-kit/oracle/check-op';
import {
  convolution64,
  depthwise64,
  type Filter64,
} from '@latent-matte/test-kit/oracle/convolution64';
import type { Map64 } from '@latent-matte/test-kit/oracle/map64';
import { pad64 } from '@latent-matte/test-kit/oracle/resampling64';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../random';
import { checkGradient } from '../../testing';
import type { Borders } from '../padding';

interface Case {
  kernel: [number, number];
  stride: number;
  dilation: number;
  pad: 'same' | 'valid' | number;
  borders: Borders;
}

const shape: Map64['shape'] = [2, 6, 7, 2];
const cases: Case[] = [
  { kernel: [3, 3], stride: 1, dilation: 1, pad: 'same', borders: [1, 1, 1, 1] },
  { kernel: [3, 2], stride: 1, dilation: 1, pad: 'valid', borders: [0, 0, 0, 0] },
  { kernel: [3, 3], stride: 2, dilation: 1, pad: 'same', borders: [0, 1, 1, 1] },
  { kernel: [1, 1], stride: 1, dilation: 1, pad: 'valid', borders: [0, 0, 0, 0] },
  { kernel: [3, 3], stride: 1, dilation: 2, pad: 'same', borders: [2, 2, 2, 2] },
  { kernel: [3, 3], stride: 1, dilation: 2, pad: 'valid', borders: [0, 0, 0, 0] },
];

/** Gradients of ⟨r, op(x, filter)⟩ with respect to both, on the backend and in float64. */
async function compareBoth(
  op: (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.Tensor,
  oracle: (x: Map64, filter: Filter64) => Map64,
  filter: Filter64,
): Promise<void> {
  const x64 = { shape, data: weight64(shape, 31).data };
  const expected = oracle(x64, filter);
  const r = createRandom(5).normals(expected.data.length);
  const [x, weights] = [tensorOf<tf.Tensor4D>(x64), tensorOf<tf.Tensor4D>(filter)];
  const gradients = tf.tidy(() => {
    const slope = tf.tensor(r, [...expected.shape]);
    return tf.grads((a, b) => tf.sum(tf.mul(op(a as tf.Tensor4D, b as tf.Tensor4D), slope)))([
      x,
      weights,
    ]);
  });
  const [dx, dFilter] = await Promise.all(gradients.map((gradient) => gradient.data()));
  expect(gradients.map((gradient) => gradient.shape)).toEqual([x.shape, weights.shape]);
  tf.dispose([x, weights, gradients]);
  expectClose(
    dx,
    gradient64((input) => oracle(input, filter), x64, r),
    2e-5,
  );
  const ofFilter = (f: Map64) => oracle(x64, { shape: filter.shape, data: f.data });
  const point = { shape: filter.shape as Map64['shape'], data: filter.data };
  expectClose(dFilter, gradient64(ofFilter, point, r), 2e-5);
}

everyBackend((backend) => {
  describe('stock convolutions on variables', () => {
    for (const { kernel, stride, dilation, pad, borders } of cases) {
      const name = `${kernel.join('×')}, stride ${stride}, dilation ${dilation}, ${pad}`;
      it(`conv2d ${name}: gradients of map and filter`, () =>
        compareBoth(
          (x, filter) => tf.conv2d(x, filter, stride, pad, 'NHWC', dilation),
          (x, filter) => convolution64(x, filter, { stride, dilation, borders }),
          weight64([...kernel, 2, 3], 3),
        ));
      // TensorFlow has no dilated depthwise kernel for the CPU.
      it.skipIf(backend === 'tensorflow' && dilation > 1)(
        `depthwiseConv2d ${name}: gradients of map and filter`,
        () =>
          compareBoth(
            (x, filter) => tf.depthwiseConv2d(x, filter, stride, pad as 'same', 'NHWC', dilation),
            (x, filter) => depthwise64(x, filter, { stride, dilation, borders }),
            weight64([...kernel, 2, 1], 3),
          ),
      );
    }

    it.each([
      ['conv2d', tf.conv2d, [1, 3]],
      ['conv2d', tf.conv2d, [2, 1]],
      ['depthwiseConv2d', tf.depthwiseConv2d, [3, 2]],
      ['depthwiseConv2d', tf.depthwiseConv2d, [1, 2]],
    ] as const)('%s with dilations that differ by axis', async (_, convolution, dilations) => {
      const random = createRandom(8);
      const x = tf.tensor4d(random.normals(2 * 7 * 8 * 2), [2, 7, 8, 2]);
      const filter = tf.tensor4d(random.normals(3 * 2 * 2 * 3), [3, 2, 2, 3]);
      const convolve = (a: tf.Tensor, b: tf.Tensor) =>
        convolution(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same', 'NHWC', [...dilations]);
      const { relativeError } = await checkGradient(convolve, [x, filter]);
      tf.dispose([x, filter]);
      expect(relativeError).toBeLessThan(1e-3);
    });

    it('depthwiseConv2d with a channel multiplier', async () => {
      const random = createRandom(8);
      const x = tf.tensor4d(random.normals(1 * 4 * 5 * 2), [1, 4, 5, 2]);
      const filter = tf.tensor4d(random.normals(3 * 3 * 2 * 3), [3, 3, 2, 3]);
      const { relativeError } = await checkGradient(
        (a, b) => tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same'),
        [x, filter],
      );
      tf.dispose([x, filter]);
      expect(relativeError).toBeLessThan(1e-3);
    });

    it('fused convolutions, as layers use them', async () => {
      const random = createRandom(8);
      const x = tf.tensor4d(random.normals(1 * 5 * 4 * 2), [1, 5, 4, 2]);
      const filter = tf.tensor4d(random.normals(3 * 3 * 2 * 3), [3, 3, 2, 3]);
      const bias = tf.tensor1d(random.normals(3));
      const { relativeError } = await checkGradient(
        (a, b, c) =>
          tf.fused.conv2d({
            x: a as tf.Tensor4D,
            filter: b as tf.Tensor4D,
            bias: c,
            strides: 2,
            pad: 'same',
          }),
        [x, filter, bias],
      );
      tf.dispose([x, filter, bias]);
      expect(relativeError).toBeLessThan(1e-3);
    });
  });

  describe('resizeBilinear', () => {
    for (const [alignCorners, halfPixel] of [
      [false, false],
      [true, false],
      [false, true],
    ]) {
      for (const size of [
        [9, 4],
        [3, 7],
      ] as [number, number][]) {
        it(`to ${size}, align corners ${alignCorners}, half pixel ${halfPixel}`, async () => {
          const x = tf.tensor4d(createRandom(3).normals(2 * 6 * 7 * 2), [2, 6, 7, 2]);
          const { relativeError } = await checkGradient(
            (y) => tf.image.resizeBilinear(y as tf.Tensor4D, size, alignCorners, halfPixel),
            [x],
          );
          x.dispose();
          expect(relativeError).toBeLessThan(1e-3);
        });
      }
    }
  });

  describe('mirrorPad', () => {
    it.each(['reflect', 'symmetric'] as const)('%s, against float64', async (mode) => {
      const borders: Borders = [2, 5, 3, 1];
      const skip = mode === 'reflect' ? 1 : 0;
      const oracle = (x: Map64) =>
        pad64(x, borders, (i, length) =>
          i < 0 ? skip - 1 - i : i >= length ? 2 * length - 1 - skip - i : i,
        );
      const x64 = { shape, data: weight64(shape, 31).data };
      const expected = oracle(x64);
      const r = createRandom(5).normals(expected.data.length);
      const x = tensorOf<tf.Tensor4D>(x64);
      const dx = tf.tidy(() => {
        const slope = tf.tensor(r, [...expected.shape]);
        const paddings: [number, number][] = [
          [0, 0],
          [2, 5],
          [3, 1],
          [0, 0],
        ];
        return tf.grad((y) => tf.sum(tf.mul(tf.mirrorPad(y, paddings, mode), slope)))(x);
      });
      const found = await dx.data();
      tf.dispose([x, dx]);
      expectClose(found, gradient64(oracle, x64, r), 2e-5);
    });
  });

  it('leaks nothing when the filter is trained', async () => {
    const variable = tf.variable(tf.ones([3, 3, 2, 2]) as tf.Tensor4D);
    const x: tf.Tensor4D = tf.ones([1, 5, 5, 2]);
    const step = () => {
      const { value, grads } = tf.variableGrads(
        () => tf.sum(tf.conv2d(x, variable, 1, 'same')) as tf.Scalar,
      );
      tf.dispose([value, grads]);
    };
    step();
    const before = tf.memory().numTensors;
    step();
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([variable, x]);
  });
});
