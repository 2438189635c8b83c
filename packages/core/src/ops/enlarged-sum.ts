import * as tf from '@tensorflow/tfjs-core';
import { addsEnlarged, multiplyAxesAdjoint, plusAxes } from './axis-matrices';
import { customGradient } from './custom-gradient';
import { resize } from './resize';
import { resizeMatrix } from './resize-matrix';

/** `plus`, and a smaller map enlarged to its size bilinearly: one shader on a GPU. */
export function enlargedSum(x: tf.Tensor4D, plus: tf.Tensor4D): tf.Tensor4D {
  const [, height, width] = plus.shape;
  const [batch, rows, columns] = x.shape;
  const isSame = rows === height && columns === width;
  if (isSame || batch !== plus.shape[0] || !addsEnlarged()) {
    return tf.add(resize(x, [height, width]), plus);
  }
  const matrix = {
    name: 'resize bilinear false',
    of: (from: number, to: number) =>
      from === to ? undefined : resizeMatrix(from, to, 'bilinear'),
  };
  return customGradient(
    [x, plus],
    (x, plus) => ({ value: plusAxes(x, plus, matrix) }),
    (dy) => [multiplyAxesAdjoint(dy, [rows, columns], matrix), tf.clone(dy)],
  );
}
