import * as tf from '@tensorflow/tfjs-core';
import { nativeSlope } from '../corrections/native-slopes';
import type { GradientCorrection } from '../corrections/types';
import { channelSums } from './channel-sums';
import { slopeWgsl } from './depthwise-gradient';
import { elementwise, type Formula } from './elementwise';

/**
 * Gradients of tfjs that are several shaders or upload a map of ones, as one shader, or as one kernel of TensorFlow.
 * Elsewhere, and where a shape is another, tfjs's own.
 */
export const webgpuSlopes: readonly GradientCorrection[] = [
  ofSaved(tf.Sigmoid, { name: 'sigmoidSlope', wgsl: 'a * b * (T(1.0) - b)' }),
  ofSaved(tf.Tanh, { name: 'tanhSlope', wgsl: 'a * (T(1.0) - b * b)' }),
  ofSaved(tf.Relu, { name: 'reluSlope', wgsl: `a * ${slopeWgsl('relu', 'b')}` }, (dy, x) =>
    nativeSlope(dy, x, 'relu'),
  ),
  ofSaved(tf.Square, { name: 'squareSlope', wgsl: 'a * b * T(2.0)' }),
  // Of two maps of which one is a weight for each channel: its slope is a sum over places.
  {
    kernelName: tf.Multiply,
    correct: (stock) => (dy, saved, attributes) => {
      const [a, b] = saved as [tf.Tensor, tf.Tensor];
      const slopes = stock(dy, saved, attributes) as Record<'a' | 'b', () => tf.Tensor>;
      const narrow = (own: tf.Tensor, other: tf.Tensor, make: () => tf.Tensor) => () =>
        (isPerChannel(own, other)
          ? channelSums([dy as tf.Tensor4D, other as tf.Tensor4D], 1)
          : undefined) ?? make();
      return { a: narrow(a, b, slopes.a), b: narrow(b, a, slopes.b) };
    },
  },
  {
    kernelName: tf.Sum,
    correct: (stock) => (dy, saved, attributes) =>
      spread(dy as tf.Tensor, saved[0] as tf.Tensor, attributes.axis, 1) ??
      stock(dy, saved, attributes),
  },
  {
    kernelName: tf.Mean,
    correct: (stock) => (dy, saved, attributes) => {
      const [mean, x] = [dy as tf.Tensor, saved[0] as tf.Tensor];
      return spread(mean, x, attributes.axis, mean.size / x.size) ?? stock(dy, saved, attributes);
    },
  },
];

/**
 * A slope that is a formula of dy, a, and of what the forward pass kept, b.
 *
 * @param onNative a kernel of TensorFlow for it, where it has one
 */
function ofSaved(
  kernelName: string,
  formula: Formula,
  onNative?: (dy: tf.Tensor, kept: tf.Tensor) => tf.Tensor | undefined,
): GradientCorrection {
  return {
    kernelName,
    correct: (stock) => (given, saved, attributes) => {
      const [dy, kept] = [given as tf.Tensor, saved[0] as tf.Tensor];
      const dx = elementwise(formula, [dy, kept]) ?? onNative?.(dy, kept);
      return dx === undefined ? stock(given, saved, attributes) : { x: () => dx };
    },
  };
}

const isPerChannel = (own: tf.Tensor, other: tf.Tensor): boolean =>
  own.rank === 4 &&
  other.rank === 4 &&
  own.shape[1] === 1 &&
  own.shape[2] === 1 &&
  own.shape[0] === other.shape[0] &&
  own.shape[3] === other.shape[3] &&
  own.size < other.size;

/** The slope of a sum: dy at every place, times `factor`; without a map of ones. */
function spread(
  dy: tf.Tensor,
  x: tf.Tensor,
  axis: unknown,
  factor: number,
): { x: () => tf.Tensor } | undefined {
  // tfjs tiles what has more than four axes on the processor, for which it reads while everything waits.
  if (tf.getBackend() !== 'webgpu' || x.rank > 4) return undefined;
  const axes = tf.util.parseAxisParam(axis as number | number[], x.shape);
  const shape = x.shape.map((size, i) => (axes.includes(i) ? 1 : size));
  return {
    x: () => {
      const scaled = factor === 1 ? dy : tf.mul(dy, factor);
      return tf.tile(
        tf.reshape(scaled, shape),
        x.shape.map((size, i) => size / shape[i]!),
      );
    },
  };
}
