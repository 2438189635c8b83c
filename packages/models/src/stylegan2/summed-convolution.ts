import * as tf from '@tensorflow/tfjs-core';
import { chain } from './chain';

/** Products that are added up in one go where the backend adds one after the other: 64 channels of a 3×3 filter. */
const PRODUCTS = 576;

/** `[kh, kw, in, out]`. */
type Shape = readonly [number, number, number, number];

/**
 * A convolution with a frozen filter, rounded little: wasm adds the 9 · 512 products of a pixel one after the other,
 * and the error of such a sum grows with the root of its length. Sums over groups of input channels, added at the
 * end, leave 4.3e-7 of 1.2e-6. It matters to gradients: where a value stands nearer to 0 than its rounding, the leaky
 * ReLU may take the other slope. Shorter sums cost time and cannot prevent that: see `discriminators` in
 * scripts/parity/checks/stylegan2.ts. Other backends sum in blocks by themselves.
 */
export class SummedConvolution {
  readonly shape: Shape;
  readonly #groups: readonly tf.Tensor4D[];

  /** @param filter of `shape`, row by row */
  constructor(filter: Float32Array, shape: Shape) {
    this.shape = shape;
    const [height, width, input, output] = shape;
    const sums = tf.getBackend() === 'wasm' ? Math.ceil((height * width * input) / PRODUCTS) : 1;
    const size = Math.ceil(input / sums);
    const groups: tf.Tensor4D[] = [];
    for (let first = 0; first < input; first += size) {
      const channels = Math.min(size, input - first);
      const part = new Float32Array(height * width * channels * output);
      for (let tap = 0; tap < height * width; tap++) {
        const from = (tap * input + first) * output;
        part.set(filter.subarray(from, from + channels * output), tap * channels * output);
      }
      groups.push(tf.tensor4d(part, [height, width, channels, output]));
    }
    this.#groups = groups;
  }

  /** @param x `[N, H, W, in]` */
  run(x: tf.Tensor4D, stride: number, padding: 'same' | 'valid'): tf.Tensor4D {
    const [only, ...more] = this.#groups;
    if (more.length === 0) return tf.conv2d(x, only, stride, padding);
    let first = 0;
    let sum: tf.Tensor4D | undefined;
    for (const filter of this.#groups) {
      const [n, height, width] = x.shape;
      const channels = filter.shape[2];
      const part = tf.slice(x, [0, 0, 0, first], [n, height, width, channels]);
      const products = chain(part, (u) => tf.conv2d(u, filter, stride, padding));
      sum =
        sum === undefined
          ? products
          : chain(sum, (s) => chain(products, (p) => tf.add(s, p) as tf.Tensor4D));
      first += channels;
    }
    return sum as tf.Tensor4D;
  }

  dispose(): void {
    tf.dispose([...this.#groups]);
  }
}
