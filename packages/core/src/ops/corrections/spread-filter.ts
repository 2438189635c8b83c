import * as tf from '@tensorflow/tfjs-core';

/**
 * A filter with the zeros between its values that a dilation stands for.
 *
 * @param filter `[height, width, ·, ·]`
 * @returns `[(height − 1) · rows + 1, (width − 1) · columns + 1, ·, ·]`
 */
export function spreadFilter(
  filter: tf.Tensor4D,
  [rows, columns]: readonly [rows: number, columns: number],
): tf.Tensor4D {
  return tf.tidy(() => {
    const [height, width, inputs, outputs] = filter.shape;
    const tall = behindEach(tf.reshape(filter, [height, 1, -1]), rows);
    const lines = tf.slice(
      tf.reshape(tall, [height * rows, -1]),
      [0, 0],
      [reach(height, rows), -1],
    );
    const wide = behindEach(tf.reshape(lines, [lines.shape[0] * width, 1, -1]), columns);
    const spread = tf.reshape(wide, [lines.shape[0], width * columns, inputs, outputs]);
    return tf.slice(spread, [0, 0, 0, 0], [-1, reach(width, columns), -1, -1]) as tf.Tensor4D;
  });
}

/** Of a map of the size of the spread filter, what lies at the places of the filter. */
export function gatherFilter(
  spread: tf.Tensor4D,
  [rows, columns]: readonly [rows: number, columns: number],
): tf.Tensor4D {
  return tf.stridedSlice(spread, [0, 0, 0, 0], spread.shape, [rows, columns, 1, 1]) as tf.Tensor4D;
}

const reach = (taps: number, dilation: number): number => (taps - 1) * dilation + 1;

/** `[n, 1, m]` → `[n, every, m]`, zeros behind the first. */
const behindEach = (x: tf.Tensor, every: number): tf.Tensor =>
  tf.pad(x, [
    [0, 0],
    [0, every - 1],
    [0, 0],
  ]);
