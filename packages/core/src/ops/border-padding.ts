import * as tf from '@tensorflow/tfjs-core';
import { InvalidOptionError } from '../errors';
import { type Borders, bordersOf } from './padding';

/**
 * Pads by reflection without repeating the border (PyTorch's `ReflectionPad2d`). The gradient of `tf.mirrorPad`
 * drops what was reflected; here it is added.
 *
 * @param x `[N, H, W, C]`
 * @param padding one number, or `[top, bottom, left, right]`, each below the size of its axis
 * @throws InvalidOptionError a padding that is negative, or not below the size of the map
 */
export function reflectPad(x: tf.Tensor4D, padding: number | Borders): tf.Tensor4D {
  return padBy(x, padding, reflect, 1);
}

/**
 * Pads with copies of the border (PyTorch's `ReplicationPad2d`).
 *
 * @param x `[N, H, W, C]`
 * @param padding one number, or `[top, bottom, left, right]`
 * @throws InvalidOptionError a negative padding
 */
export function replicatePad(x: tf.Tensor4D, padding: number | Borders): tf.Tensor4D {
  return padBy(x, padding, clamp, Number.NEGATIVE_INFINITY);
}

type Source = (index: number, length: number) => number;

const reflect: Source = (index, length) => {
  const inside = Math.abs(index);
  return inside < length ? inside : 2 * (length - 1) - inside;
};
const clamp: Source = (index, length) => Math.min(length - 1, Math.max(0, index));

/** Rows and columns are gathered from slices, whose stock gradients are right. */
function padBy(
  x: tf.Tensor4D,
  padding: number | Borders,
  source: Source,
  reach: number,
): tf.Tensor4D {
  const [top, bottom, left, right] = bordersOf(padding, [1, 1], 1, 1);
  const [, height, width] = x.shape;
  if (
    Math.min(top, bottom, left, right) < 0 ||
    Math.max(top, bottom) + reach > height ||
    Math.max(left, right) + reach > width
  ) {
    throw new InvalidOptionError(
      `The padding ${[top, bottom, left, right]} does not suit a ${height}×${width} map.`,
      'Use a padding ≥ 0, and for reflection below the size of the map.',
    );
  }
  return tf.tidy(() => padAxis(padAxis(x, 1, top, bottom, source), 2, left, right, source));
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
