import * as tf from '@tensorflow/tfjs-core';
import type { Geometry } from './linear-convolution';
import { padZeros, type Size } from './padding';

/** Rows below which a matrix product does not fill the registers of a CPU. */
const MIN_ROWS = 32;

/**
 * The filter gradient of a convolution, at any stride and dilation: dW[k, l] = Σ x[s·i + d·k − p]ᵀ dy[i], one
 * matrix product per tap. The map is transposed once, because products with `transposeA` are slow on wasm.
 *
 * @param x `[N, H, W, in]`
 * @param dy `[N, h, w, out]`
 * @returns `[kh, kw, in, out]`
 */
export function filterGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  kernel: Size,
  geometry: Geometry,
): tf.Tensor4D {
  return tf.tidy(() => {
    const [input, output] = [x.shape[3], dy.shape[3]];
    const places = dy.size / output;
    const padded = padZeros(x, geometry.borders);
    const [n, height, width] = padded.shape;
    const front = tf.transpose(tf.reshape(padded, [n * height * width, input]), [1, 0]);
    const map: tf.Tensor4D = tf.reshape(front, [input, n, height, width]);
    const right: tf.Tensor2D = tf.reshape(dy, [places, output]);
    const taps = tapsOf(kernel, geometry.dilation);
    const together = Math.ceil(MIN_ROWS / input);
    const products: tf.Tensor[] = [];
    for (let first = 0; first < taps.length; first += together) {
      const rows = taps.slice(first, first + together).map(([y, z]) => {
        const shifted = window(map, [0, 0, y, z], [1, 1, ...strides(geometry)], dy.shape, 2);
        return tf.reshape(shifted, [input, places]) as tf.Tensor2D;
      });
      const left = rows.length === 1 ? rows[0] : tf.concat(rows, 0);
      products.push(tf.matMul(left as tf.Tensor2D, right));
    }
    const all = products.length === 1 ? products[0] : tf.concat(products, 0);
    return tf.reshape(all, [kernel[0], kernel[1], input, output]);
  });
}

/**
 * The filter gradient of a depthwise convolution, at any stride and dilation.
 *
 * @param x `[N, H, W, C]`
 * @param dy `[N, h, w, C · multiplier]`
 * @returns `[kh, kw, C, multiplier]`
 */
export function depthwiseFilterGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  kernel: Size,
  geometry: Geometry,
): tf.Tensor4D {
  return tf.tidy(() => {
    const channels = x.shape[3];
    const multiplier = dy.shape[3] / channels;
    const places = dy.size / dy.shape[3];
    const padded = padZeros(x, geometry.borders);
    const slope = tf.reshape(dy, [places, channels, multiplier]);
    const ones: tf.Tensor2D = tf.ones([1, places]);
    const sums = tapsOf(kernel, geometry.dilation).map(([y, z]) => {
      const shifted = window(padded, [0, y, z, 0], [1, ...strides(geometry), 1], dy.shape, 1);
      const product = tf.mul(tf.reshape(shifted, [places, channels, 1]), slope);
      return tf.matMul(ones, tf.reshape(product, [places, channels * multiplier]) as tf.Tensor2D);
    });
    return tf.reshape(tf.concat(sums, 0), [kernel[0], kernel[1], channels, multiplier]);
  });
}

const tapsOf = ([height, width]: Size, dilation: number): [number, number][] =>
  Array.from({ length: height * width }, (_, i) => [
    Math.floor(i / width) * dilation,
    (i % width) * dilation,
  ]);

const strides = ({ stride }: Geometry): [number, number] => [stride, stride];

/** Samples of x under one tap: as many as dy has, its rows along `axis` of x and its columns along the next. */
function window(
  x: tf.Tensor4D,
  begin: number[],
  steps: number[],
  [, rows, columns]: readonly number[],
  axis: 1 | 2,
): tf.Tensor {
  const size = [...x.shape];
  size[axis] = (rows - 1) * steps[axis] + 1;
  size[axis + 1] = (columns - 1) * steps[axis + 1] + 1;
  const part = tf.slice(x, begin, size);
  return steps.every((step) => step === 1)
    ? part
    : tf.stridedSlice(part, [0, 0, 0, 0], size, steps);
}
