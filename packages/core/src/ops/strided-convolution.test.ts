import { everyBackend } from '@latent-matte/test-kit/every-backend';
import { itMatchesItsOracle, tensorOf, weight64 } from '@latent-matte/test-kit/oracle/check-op';
import {
  convolution64,
  depthwise64,
  transposed64,
} from '@latent-matte/test-kit/oracle/convolution64';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../errors';
import { convolution } from './convolution';
import { adjointDepthwiseFilter, depthwiseConvolution } from './depthwise-convolution';
import { adjointFilter, subpixelFilter } from './linear-convolution';
import type { Borders } from './padding';
import { transposedConvolution } from './transposed-convolution';

interface Grid {
  kernel: [number, number];
  stride: number;
  dilation: number;
  borders: Borders;
  size: [number, number];
}

const grid: Grid[] = [
  { kernel: [3, 3], stride: 1, dilation: 2, borders: [0, 2, 1, 0], size: [7, 6] },
  { kernel: [4, 4], stride: 1, dilation: 1, borders: [1, 2, 5, -1], size: [6, 5] },
  { kernel: [3, 3], stride: 2, dilation: 1, borders: [1, 1, 1, 1], size: [7, 6] },
  { kernel: [3, 3], stride: 2, dilation: 1, borders: [0, 1, 0, 1], size: [8, 5] },
  { kernel: [4, 4], stride: 2, dilation: 1, borders: [1, 1, 1, 1], size: [6, 8] },
  { kernel: [7, 5], stride: 2, dilation: 1, borders: [3, 3, 2, 2], size: [7, 8] },
  { kernel: [1, 1], stride: 2, dilation: 1, borders: [0, 0, 0, 0], size: [5, 6] },
  { kernel: [5, 3], stride: 3, dilation: 1, borders: [2, 0, -1, 3], size: [8, 7] },
  { kernel: [2, 2], stride: 3, dilation: 1, borders: [0, 0, 0, 0], size: [8, 7] },
  { kernel: [3, 3], stride: 2, dilation: 2, borders: [2, 2, 2, 2], size: [9, 6] },
  { kernel: [3, 3], stride: 2, dilation: 3, borders: [3, 3, 2, 3], size: [7, 8] },
];
const label = ({ kernel, stride, dilation, borders }: Grid) =>
  `${kernel.join('×')}, stride ${stride}, dilation ${dilation}, padding ${borders}`;

everyBackend(() => {
  describe('convolution', () => {
    for (const one of grid) {
      const { kernel, stride, dilation, borders, size } = one;
      const filter = weight64([...kernel, 3, 2], 2);
      const bias = weight64([2], 3);
      itMatchesItsOracle({
        name: label(one),
        shape: [2, ...size, 3],
        make: () => {
          const weights = {
            filter: tensorOf<tf.Tensor4D>(filter),
            bias: tensorOf<tf.Tensor1D>(bias),
          };
          return (x) => convolution(x, weights, { stride, dilation, padding: borders });
        },
        oracle: (x) => convolution64(x, filter, { stride, dilation, borders }, bias.data),
      });
    }

    const filter = weight64([3, 3, 2, 3], 4);
    const bias = weight64([3], 5);
    const relu = (x: { data: Float64Array; shape: readonly number[] }) => ({
      shape: x.shape,
      data: x.data.map((value) => Math.max(0, value)),
    });
    for (const [stride, dilation] of [
      [2, 1],
      [2, 3],
    ]) {
      itMatchesItsOracle({
        name: `ReLU, stride ${stride}, dilation ${dilation}, prepared adjoint`,
        shape: [1, 7, 8, 2],
        make: () => {
          const weights = tensorOf<tf.Tensor4D>(filter);
          const prepared = {
            filter: weights,
            bias: tensorOf<tf.Tensor1D>(bias),
            adjoint:
              dilation === 1
                ? subpixelFilter(weights, stride, [1, 1, 1, 1])
                : adjointFilter(weights),
          };
          return (x) =>
            convolution(x, prepared, { stride, dilation, padding: 1, activation: 'relu' });
        },
        oracle: (x) =>
          relu(convolution64(x, filter, { stride, dilation, borders: [1, 1, 1, 1] }, bias.data)),
      });
    }

    it('refuses ambiguous or impossible geometry', () =>
      tf.tidy(() => {
        const x: tf.Tensor4D = tf.zeros([1, 4, 4, 1]);
        const weights = { filter: tf.zeros([3, 3, 1, 1]) as tf.Tensor4D };
        for (const options of [
          { stride: 2 },
          { stride: 0, padding: 1 },
          { stride: 1.5, padding: 1 },
          { dilation: 0 },
          { padding: 0.5 },
          { padding: 0, dilation: 2 },
        ]) {
          expect(() => convolution(x, weights, options)).toThrow(InvalidOptionError);
          expect(() => depthwiseConvolution(x, weights, options)).toThrow(InvalidOptionError);
        }
      }));
  });

  describe('depthwise convolution', () => {
    for (const one of grid) {
      const { kernel, stride, dilation, borders, size } = one;
      const filter = weight64([...kernel, 3, 1], 2);
      itMatchesItsOracle({
        name: label(one),
        shape: [2, ...size, 3],
        make: () => {
          const weights = tensorOf<tf.Tensor4D>(filter);
          const prepared = { filter: weights, adjoint: adjointDepthwiseFilter(weights) };
          return (x) => depthwiseConvolution(x, prepared, { stride, dilation, padding: borders });
        },
        oracle: (x) => depthwise64(x, filter, { stride, dilation, borders }),
      });
    }
  });

  describe('transposed convolution', () => {
    for (const [kernel, stride, padding, outputPadding] of [
      [3, 2, 0, 0],
      [3, 2, 1, 1],
      [4, 2, 1, 0],
      [2, 2, 0, 0],
      [5, 3, 2, 2],
      [1, 2, 0, 1],
      [3, 1, 1, 0],
    ]) {
      const filter = weight64([kernel, kernel, 2, 3], 6);
      const bias = weight64([2], 7);
      itMatchesItsOracle({
        name: `kernel ${kernel}, stride ${stride}, padding ${padding}, output padding ${outputPadding}`,
        shape: [2, 4, 5, 3],
        make: () => {
          const weights = tensorOf<tf.Tensor4D>(filter);
          const ready = () =>
            stride === 1
              ? adjointFilter(weights)
              : subpixelFilter(weights, stride, [padding, padding, padding, padding]);
          const all = {
            filter: weights,
            bias: tensorOf<tf.Tensor1D>(bias),
            prepared: kernel === 3 ? ready() : undefined,
          };
          return (x) => transposedConvolution(x, all, { stride, padding, outputPadding });
        },
        oracle: (x) => transposed64(x, filter, { stride, padding, outputPadding }, bias.data),
      });
    }

    it('refuses options that leave nothing', () =>
      tf.tidy(() => {
        const x: tf.Tensor4D = tf.zeros([1, 1, 1, 1]);
        const filter: tf.Tensor4D = tf.zeros([2, 2, 1, 1]);
        expect(() => transposedConvolution(x, { filter }, { padding: 1 })).toThrow(
          InvalidOptionError,
        );
        expect(() => transposedConvolution(x, { filter }, { outputPadding: 2 })).toThrow(
          InvalidOptionError,
        );
      }));
  });
});
