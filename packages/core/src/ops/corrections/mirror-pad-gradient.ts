import * as tf from '@tensorflow/tfjs-core';
import type { GradientCorrection } from './types';

/** The stock rule drops the gradient of the mirrored borders; this one mirrors it back and adds it. */
export const mirrorPadGradient: GradientCorrection = {
  kernelName: tf.MirrorPad,
  correct: () => (dy, _saved, attributes) => {
    const { paddings, mode } = attributes as unknown as {
      paddings: [number, number][];
      mode: 'reflect' | 'symmetric';
    };
    return { x: () => foldMirrored(dy as tf.Tensor, paddings, mode) };
  },
};

/** The adjoint of `tf.mirrorPad`, for a map of any rank. */
export const foldMirrored = (
  dy: tf.Tensor,
  paddings: readonly [number, number][],
  mode: 'reflect' | 'symmetric',
): tf.Tensor =>
  paddings.reduce(
    (slope, [before, after], axis) =>
      foldBack(slope, axis, before, after, mode === 'reflect' ? 1 : 0),
    dy,
  );

function foldBack(
  dy: tf.Tensor,
  axis: number,
  before: number,
  after: number,
  skip: number,
): tf.Tensor {
  if (before === 0 && after === 0) return dy;
  const length = dy.shape[axis] - before - after;
  const part = (start: number, size: number): tf.Tensor => {
    const begin = dy.shape.map((_, i) => (i === axis ? start : 0));
    return tf.slice(
      dy,
      begin,
      dy.shape.map((full, i) => (i === axis ? size : full)),
    );
  };
  const mirrored = (start: number, size: number, offset: number): tf.Tensor =>
    tf.pad(
      tf.reverse(part(start, size), axis),
      dy.shape.map((_, i): [number, number] =>
        i === axis ? [offset, length - offset - size] : [0, 0],
      ),
    );
  let sum = part(before, length);
  if (before > 0) sum = tf.add(sum, mirrored(0, before, skip));
  if (after > 0) sum = tf.add(sum, mirrored(before + length, after, length - after - skip));
  return sum;
}
