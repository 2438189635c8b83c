import * as tf from '@tensorflow/tfjs-core';
import { everyNth, fit, insertZeros } from './linear-convolution';
import { assertPositive, outputSize, padZeros, type Size, uniform } from './padding';
import { withAdjoint } from './with-adjoint';

export interface UnfoldOptions {
  /** Side of the square patches. */
  size: number;
  /** Default 1. */
  stride?: number;
  /** Zeros at every border. Default 0. */
  padding?: number;
}

/**
 * The patches of a map (PyTorch's `unfold`), each flattened in the order (row, column, channel).
 *
 * ```ts
 * import { unfold } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * console.log(unfold(tf.ones([1, 4, 4, 3]), { size: 2, stride: 2 }).shape); // [1, 2, 2, 12]
 * ```
 *
 * @param x `[N, H, W, C]`
 * @returns `[N, h, w, size · size · C]`
 * @throws InvalidOptionError options out of range, or patches larger than the padded map
 */
export function unfold(x: tf.Tensor4D, options: UnfoldOptions): tf.Tensor4D {
  const size: Size = [x.shape[1], x.shape[2]];
  return withAdjoint(
    x,
    (input) => gatherPatches(input, options),
    (dy) => scatterPatches(dy, size, options),
  );
}

/**
 * The adjoint of {@link unfold} (PyTorch's `fold`): puts patches at their places and adds where they overlap.
 *
 * ```ts
 * import { fold } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const y = fold(tf.ones([1, 2, 2, 4]), [3, 3], { size: 2 });
 * console.log(await y.data()); // [1, 2, 1, 2, 4, 2, 1, 2, 1]: how many patches cover each place
 * ```
 *
 * @param patches `[N, h, w, size · size · C]`
 * @param size `[H, W]` of the result
 * @returns `[N, H, W, C]`
 */
export function fold(patches: tf.Tensor4D, size: Size, options: UnfoldOptions): tf.Tensor4D {
  return withAdjoint(
    patches,
    (input) => scatterPatches(input, size, options),
    (dy) => gatherPatches(dy, options),
  );
}

function gatherPatches(x: tf.Tensor4D, options: UnfoldOptions): tf.Tensor4D {
  const { stride, size, padding, out } = layout([x.shape[1], x.shape[2]], options);
  const [n, , , channels] = x.shape;
  const padded = padZeros(x, uniform(padding));
  const extent = [n, (out[0] - 1) * stride + 1, (out[1] - 1) * stride + 1, channels];
  const parts: tf.Tensor[] = [];
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const part = tf.slice(padded, [0, row, column, 0], extent) as tf.Tensor4D;
      parts.push(tf.reshape(everyNth(part, stride), [1, n * out[0] * out[1], channels]));
    }
  }
  // Joined along the first axis and transposed: joining along the channels is far slower on wasm.
  const patches = tf.transpose(tf.concat(parts, 0), [1, 0, 2]);
  return tf.reshape(patches, [n, out[0], out[1], size * size * channels]);
}

function scatterPatches(patches: tf.Tensor4D, size: Size, options: UnfoldOptions): tf.Tensor4D {
  const { stride, size: side, padding, out } = layout(size, options);
  const [n, , , depth] = patches.shape;
  const channels = depth / (side * side);
  const flat = tf.reshape(patches, [n * out[0] * out[1], side * side, channels]);
  const parts = tf.unstack(tf.transpose(flat, [1, 0, 2]));
  const padded: Size = [size[0] + 2 * padding, size[1] + 2 * padding];
  let sum: tf.Tensor4D | undefined;
  parts.forEach((part, i) => {
    const [row, column] = [Math.floor(i / side), i % side];
    const spread = insertZeros(tf.reshape(part, [n, out[0], out[1], channels]), stride);
    const inside = fit(spread, [padded[0] - row, padded[1] - column]);
    const placed: tf.Tensor4D = padZeros(inside, [row, 0, column, 0]);
    sum = sum === undefined ? placed : tf.add<tf.Tensor4D>(sum, placed);
  });
  return padZeros(sum as tf.Tensor4D, uniform(-padding));
}

function layout(map: Size, { size, stride = 1, padding = 0 }: UnfoldOptions) {
  assertPositive(size, 'patch size');
  assertPositive(stride, 'stride');
  return { size, stride, padding, out: outputSize(map, [size, size], stride, 1, uniform(padding)) };
}
