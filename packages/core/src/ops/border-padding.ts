import * as tf from '@tensorflow/tfjs-core';
import { InvalidOptionError } from '../errors';
import { type AxisMatrix, hasSparseRows, multiplyAxes, multiplyAxesAdjoint } from './axis-matrices';
import { foldMirrored } from './corrections/mirror-pad-gradient';
import { type Borders, bordersOf, type Size } from './padding';
import { withAdjoint } from './with-adjoint';

/**
 * Pads by reflection without repeating the border (PyTorch's `ReflectionPad2d`). The gradient of `tf.mirrorPad`
 * drops what was reflected; here it is added.
 *
 * ```ts
 * import { reflectPad } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const x = tf.tensor4d([1, 2, 3], [1, 1, 3, 1]);
 * console.log(await reflectPad(x, [0, 0, 2, 2]).data()); // [3, 2, 1, 2, 3, 2, 1]
 * ```
 *
 * @param x `[N, H, W, C]`
 * @param padding one number, or `[top, bottom, left, right]`, each below the size of its axis
 * @throws InvalidOptionError a padding that is negative, or not below the size of the map
 */
export function reflectPad(x: tf.Tensor4D, padding: number | Borders): tf.Tensor4D {
  const borders = checked(x, padding, 1);
  const [top, bottom, left, right] = borders;
  const paddings: [number, number][] = [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
  return withAdjoint(
    x,
    (input) => tf.mirrorPad(input, paddings, 'reflect'),
    (dy) =>
      hasSparseRows()
        ? multiplyAxesAdjoint(dy, [x.shape[1], x.shape[2]], sourceMatrix('reflect', borders))
        : (foldMirrored(dy, paddings, 'reflect') as tf.Tensor4D),
  );
}

/**
 * Pads with copies of the border (PyTorch's `ReplicationPad2d`).
 *
 * ```ts
 * import { replicatePad } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const x = tf.tensor4d([1, 2, 3], [1, 1, 3, 1]);
 * console.log(await replicatePad(x, [0, 0, 2, 1]).data()); // [1, 1, 1, 2, 3, 3]
 * ```
 *
 * @param x `[N, H, W, C]`
 * @param padding one number, or `[top, bottom, left, right]`
 * @throws InvalidOptionError a negative padding
 */
export function replicatePad(x: tf.Tensor4D, padding: number | Borders): tf.Tensor4D {
  const borders = checked(x, padding, Number.NEGATIVE_INFINITY);
  const [top, bottom, left, right] = borders;
  const [, height, width] = x.shape;
  if (hasSparseRows()) {
    const size: Size = [height + top + bottom, width + left + right];
    return multiplyAxes(x, size, sourceMatrix('clamp', borders));
  }
  // Slices, whose stock gradients are right.
  return tf.tidy(() => padAxis(padAxis(x, 1, top, bottom, clamp), 2, left, right, clamp));
}

type Source = (index: number, length: number) => number;

const reflect: Source = (index, length) => {
  const inside = Math.abs(index);
  return inside < length ? inside : 2 * (length - 1) - inside;
};
const clamp: Source = (index, length) => Math.min(length - 1, Math.max(0, index));

/** @param reach how much larger than a border the map has to be */
function checked(x: tf.Tensor4D, padding: number | Borders, reach: number): Borders {
  const borders = bordersOf(padding, [1, 1], 1, 1);
  const [top, bottom, left, right] = borders;
  const [, height, width] = x.shape;
  if (
    Math.min(...borders) < 0 ||
    Math.max(top, bottom) + reach > height ||
    Math.max(left, right) + reach > width
  ) {
    throw new InvalidOptionError(
      `The padding ${borders} does not suit a ${height}×${width} map.`,
      'Use a padding ≥ 0, and for reflection below the size of the map.',
    );
  }
  return borders;
}

/** A single 1 per row, where the sample comes from. */
function sourceMatrix(kind: 'reflect' | 'clamp', [top, bottom, left, right]: Borders): AxisMatrix {
  const source = kind === 'reflect' ? reflect : clamp;
  const before = [top, left];
  const still = [top + bottom === 0, left + right === 0];
  return {
    name: `${kind} ${before}`,
    of(from, to, axis) {
      if (still[axis]) return undefined;
      const matrix = new Float32Array(to * from);
      for (let i = 0; i < to; i++) matrix[i * from + source(i - before[axis], from)] = 1;
      return matrix;
    },
  };
}

function padAxis(
  x: tf.Tensor4D,
  axis: 1 | 2,
  before: number,
  after: number,
  source: Source,
): tf.Tensor4D {
  if (before === 0 && after === 0) return x;
  const length = x.shape[axis];
  const line = (index: number): tf.Tensor4D => {
    const begin = [0, 0, 0, 0];
    const size = [...x.shape];
    begin[axis] = source(index, length);
    size[axis] = 1;
    return tf.slice(x, begin, size);
  };
  const lines: tf.Tensor4D[] = [];
  for (let i = -before; i < 0; i++) lines.push(line(i));
  lines.push(x);
  for (let i = length; i < length + after; i++) lines.push(line(i));
  return tf.concat(lines, axis);
}
