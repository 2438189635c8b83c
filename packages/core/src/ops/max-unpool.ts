import * as tf from '@tensorflow/tfjs-core';
import { InvalidOptionError } from '../errors';
import { customGradient } from './custom-gradient';
import { everyNth, fit } from './linear-convolution';
import { assertPositive, type Size } from './padding';
import { maxPool } from './pooling';
import { enlarge } from './resize';
import { stopGradient } from './stop-gradient';

export interface MaxPoolWithIndicesOptions {
  /** Side of the square window. Default 2. */
  size?: number;
  /** Default: `size`. */
  stride?: number;
}

export interface PooledWithIndices {
  /** `[N, h, w, C]`. */
  readonly values: tf.Tensor4D;
  /** `[N, h, w, C]`, int32: y · W + x of the maximum, the first one in row-major order (PyTorch's index). */
  readonly indices: tf.Tensor4D;
}

/**
 * Max-pool that tells where the maxima are, for {@link maxUnpool}. The indices are constants.
 *
 * ```ts
 * import { maxPoolWithIndices } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const { values, indices } = maxPoolWithIndices(tf.tensor4d([1, 2, 4, 3], [1, 2, 2, 1]));
 * console.log(await values.data(), await indices.data()); // [4] [2]
 * ```
 *
 * @param x `[N, H, W, C]`, H · W < 2²⁴
 * @throws InvalidOptionError options out of range, or a window larger than the map
 */
export function maxPoolWithIndices(
  x: tf.Tensor4D,
  { size = 2, stride = size }: MaxPoolWithIndicesOptions = {},
): PooledWithIndices {
  const values = maxPool(x, { size, stride });
  const indices = stopGradient(() => tf.tidy(() => firstMaximum(x, values, size, stride)));
  return { values, indices };
}

/** Backends whose kernel takes the first maximum: webgpu's takes the last, tfjs-node has none. */
const exactArgmax = new Set(['cpu', 'wasm']);

function firstMaximum(
  x: tf.Tensor4D,
  values: tf.Tensor4D,
  size: number,
  stride: number,
): tf.Tensor4D {
  if (!exactArgmax.has(tf.getBackend())) {
    return firstEqual(x, values, size, stride);
  }
  const channels = x.shape[3];
  // (y W + x) C + c.
  const { indexes } = tf.maxPoolWithArgmax(x, size, stride, 'valid');
  const whole = tf.sub(tf.cast(indexes, 'int32'), tf.range(0, channels, 1, 'int32'));
  return tf.cast(tf.div(whole, tf.scalar(channels, 'int32')), 'int32') as tf.Tensor4D;
}

/** The first sample of each window that equals its maximum. */
function firstEqual(x: tf.Tensor4D, values: tf.Tensor4D, size: number, stride: number) {
  const [n, , width, channels] = x.shape;
  const [, rows, columns] = values.shape;
  const [height, length] = [(rows - 1) * stride + 1, (columns - 1) * stride + 1];
  let offset: tf.Tensor = tf.fill(values.shape, (size - 1) * width + size - 1);
  // From the last but one to the first, so that the first maximum wins.
  for (let k = size * size - 2; k >= 0; k--) {
    const [row, column] = [Math.floor(k / size), k % size];
    const window = tf.slice(x, [0, row, column, 0], [n, height, length, channels]);
    const found = tf.equal(everyNth(window, stride), values);
    offset = tf.where(found, tf.fill(values.shape, row * width + column), offset);
  }
  const start = Float32Array.from(
    { length: rows * columns },
    (_, i) => Math.floor(i / columns) * stride * width + (i % columns) * stride,
  );
  const corner = tf.tensor4d(start, [1, rows, columns, 1]);
  return tf.cast(tf.add(offset, corner), 'int32') as tf.Tensor4D;
}

export interface MaxUnpoolOptions {
  /** Window and stride of the pooling. Default 2. */
  size?: number;
}

/**
 * Puts each value where its maximum was, zeros elsewhere (PyTorch's `MaxUnpool2d`), for windows that do not
 * overlap. The gradient reads the map at the indices.
 *
 * ```ts
 * import { maxPoolWithIndices, maxUnpool } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const { values, indices } = maxPoolWithIndices(tf.tensor4d([1, 2, 4, 3], [1, 2, 2, 1]));
 * console.log(await maxUnpool(values, indices, [2, 2]).data()); // [0, 0, 4, 0]
 * ```
 *
 * @param values `[N, h, w, C]`
 * @param indices from {@link maxPoolWithIndices} of a map of the size `[height, width]`
 * @throws InvalidOptionError shapes that do not belong together
 */
export function maxUnpool(
  values: tf.Tensor4D,
  indices: tf.Tensor4D,
  [height, width]: Size,
  { size = 2 }: MaxUnpoolOptions = {},
): tf.Tensor4D {
  assertPositive(size, 'window size');
  const [, rows, columns] = values.shape;
  const covered: Size = [rows * size, columns * size];
  if (
    values.shape.some((length, i) => length !== indices.shape[i]) ||
    covered[0] > height ||
    covered[1] > width
  ) {
    throw new InvalidOptionError(
      `Values [${values.shape}] and indices [${indices.shape}] do not unpool to ${height}×${width} by ${size}.`,
      'Give the indices and the size of the map that was pooled.',
    );
  }
  const mask = () => {
    const position = Float32Array.from(
      { length: covered[0] * covered[1] },
      (_, i) => Math.floor(i / covered[1]) * width + (i % covered[1]),
    );
    const here = tf.tensor4d(position, [1, covered[0], covered[1], 1]);
    const wanted = enlarge(tf.cast(indices, 'float32'), size);
    // 1 where they are equal: whole numbers, and several times faster than a comparison on wasm.
    return tf.relu(tf.sub(1, tf.abs(tf.sub(wanted, here))));
  };
  return customGradient(
    [values],
    (values) => {
      const chosen = mask();
      const value = fit(tf.mul(enlarge(values, size), chosen), [height, width]);
      return { value, saved: [chosen] };
    },
    (dy, [chosen]) => {
      const read = tf.mul(fit(dy, covered), chosen) as tf.Tensor4D;
      return tf.mul(tf.avgPool(read, size, size, 'valid'), size * size);
    },
  );
}
