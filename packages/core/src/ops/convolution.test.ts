import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../errors';
import { createRandom } from '../random';
import { checkGradient, checkLeaks } from '../testing';
import { convolution } from './convolution';
import { adjointDepthwiseFilter, depthwiseConvolution } from './depthwise-convolution';
import { adjointFilter } from './linear-convolution';

/** Seeded inputs of one case. */
function tensors(kernel: [number, number], input: number, output: number) {
  const random = createRandom(11);
  const normals = (shape: number[]) =>
    tf.tensor(random.normals(shape.reduce((a, b) => a * b)), shape);
  return {
    x: normals([2, 9, 12, input]) as tf.Tensor4D,
    filter: normals([...kernel, input, output]) as tf.Tensor4D,
    bias: normals([output]) as tf.Tensor1D,
    depthwise: normals([...kernel, input, 1]) as tf.Tensor4D,
    depthwiseBias: normals([input]) as tf.Tensor1D,
  };
}

const maxDifference = (a: tf.Tensor, b: tf.Tensor): number =>
  tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]);

const cases: { kernel: [number, number]; dilation: number; activation: 'linear' | 'relu' }[] = [
  { kernel: [3, 3], dilation: 1, activation: 'linear' },
  { kernel: [3, 3], dilation: 1, activation: 'relu' },
  { kernel: [3, 3], dilation: 2, activation: 'relu' },
  { kernel: [5, 3], dilation: 1, activation: 'linear' },
  { kernel: [1, 1], dilation: 1, activation: 'relu' },
];

eachBackend((backend) => {
  describe.each(cases)('convolution $kernel, dilation $dilation, $activation', (one) => {
    const { kernel, dilation, activation } = one;
    const stock = (x: tf.Tensor4D, filter: tf.Tensor4D, bias: tf.Tensor1D) => {
      const y = tf.add(tf.conv2d(x, filter, 1, 'same', 'NHWC', dilation), bias);
      return activation === 'relu' ? tf.relu(y) : y;
    };

    it('has the value of tf.conv2d', () =>
      tf.tidy(() => {
        const { x, filter, bias } = tensors(kernel, 3, 4);
        const y = convolution(x, { filter, bias }, { dilation, activation });
        expect(y.shape).toEqual([2, 9, 12, 4]);
        expect(maxDifference(y, stock(x, filter, bias))).toBeLessThan(1e-5);
      }));

    it('has the gradient that finite differences show', async () => {
      const { x, filter, bias, ...rest } = tensors(kernel, 3, 4);
      const { relativeError } = await checkGradient(
        (input) => convolution(input as tf.Tensor4D, { filter, bias }, { dilation, activation }),
        [x],
        // Small steps cross few kinks of the ReLU.
        { epsilon: activation === 'relu' ? 1e-3 : 1e-2 },
      );
      tf.dispose([x, filter, bias, ...Object.values(rest)]);
      expect(relativeError).toBeLessThan(activation === 'relu' ? 0.01 : 1e-4);
    });

    // The stock gradient refuses dilated convolutions.
    it.runIf(dilation === 1 && backend === 'cpu')('has the stock gradient', () =>
      tf.tidy(() => {
        const { x, filter, bias } = tensors(kernel, 3, 4);
        const gradient = (f: (input: tf.Tensor4D) => tf.Tensor) =>
          tf.grad((input) => tf.sum(tf.square(f(input as tf.Tensor4D))))(x);
        const ours = gradient((input) => convolution(input, { filter, bias }, { activation }));
        const theirs = gradient((input) => stock(input, filter, bias));
        expect(maxDifference(ours, theirs)).toBeLessThan(1e-3);
      }),
    );

    it('uses a prepared adjoint to the same effect, and leaks nothing', async () => {
      const { x, filter, bias, ...rest } = tensors(kernel, 3, 4);
      const adjoint = adjointFilter(filter);
      const run = (weights: { filter: tf.Tensor4D; adjoint?: tf.Tensor4D }) =>
        tf.grad((input) =>
          tf.sum(convolution(input as tf.Tensor4D, { ...weights, bias }, { dilation, activation })),
        )(x);
      let difference = Number.NaN;
      const leaks = await checkLeaks(() => {
        const [made, prepared] = [run({ filter }), run({ filter, adjoint })];
        difference = maxDifference(made, prepared);
        tf.dispose([made, prepared]);
      });
      tf.dispose([x, filter, bias, adjoint, ...Object.values(rest)]);
      expect(difference).toBe(0);
      expect(leaks).toEqual({ leaked: 0 });
    });
  });

  describe.each([1, 2])('depthwise convolution, dilation %d', (dilation) => {
    it('has the value of tf.depthwiseConv2d', () =>
      tf.tidy(() => {
        const { x, depthwise: filter, depthwiseBias: bias } = tensors([3, 5], 4, 1);
        const expected = tf.depthwiseConv2d(x, filter, 1, 'same', 'NHWC', dilation);
        const plain = depthwiseConvolution(x, { filter }, { dilation });
        expect(maxDifference(plain, expected)).toBeLessThan(1e-5);
        const biased = depthwiseConvolution(x, { filter, bias }, { dilation });
        expect(maxDifference(biased, tf.add(expected, bias))).toBeLessThan(1e-5);
      }));

    it('has the gradient that finite differences show, prepared or not', async () => {
      const { x, depthwise: filter, depthwiseBias: bias, ...rest } = tensors([3, 5], 4, 1);
      const adjoint = adjointDepthwiseFilter(filter);
      for (const weights of [
        { filter, bias },
        { filter, bias, adjoint },
      ]) {
        const { relativeError } = await checkGradient(
          (input) => depthwiseConvolution(input as tf.Tensor4D, weights, { dilation }),
          [x],
        );
        expect(relativeError).toBeLessThan(1e-4);
      }
      tf.dispose([x, filter, bias, adjoint, ...Object.values(rest)]);
    });

    it.runIf(dilation === 1 && backend === 'cpu')('has the stock gradient', () =>
      tf.tidy(() => {
        const { x, depthwise: filter } = tensors([3, 3], 4, 1);
        const gradient = (f: (input: tf.Tensor4D) => tf.Tensor) =>
          tf.grad((input) => tf.sum(tf.square(f(input as tf.Tensor4D))))(x);
        const ours = gradient((input) => depthwiseConvolution(input, { filter }));
        const theirs = gradient((input) => tf.depthwiseConv2d(input, filter, 1, 'same'));
        expect(maxDifference(ours, theirs)).toBeLessThan(1e-3);
      }),
    );
  });

  it('refuses kernels without a centre', () =>
    tf.tidy(() => {
      const x: tf.Tensor4D = tf.zeros([1, 4, 4, 1]);
      const even = { filter: tf.zeros([2, 3, 1, 1]) as tf.Tensor4D };
      expect(() => convolution(x, even)).toThrow(InvalidOptionError);
      expect(() => depthwiseConvolution(x, even)).toThrow(/2×3 kernel has no centre/);
    }));
});
