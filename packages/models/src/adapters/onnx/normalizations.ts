import { instanceNormalization } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { list, number, type Operator, weight } from './operator';
import { unsupported } from './unsupported';
import { axisOf, channelsLast, ofMap, ofTensor, planar, shapeOf } from './value';

/** (x − mean) / √(variance + ε) over some axes. */
function standardized(x: tf.Tensor, axes: number[], epsilon: number): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, axes, true));
  return tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), axes, true), epsilon)));
}

/** One number for each channel, of whatever rank the map is. */
const perChannel = (x: tf.Tensor, rank: number) =>
  tf.reshape(x, [x.size, ...Array.from({ length: rank - 2 }, () => 1)]);

/** Of rank 3 too: that is how exporters wrote group normalisation before operator set 21. */
const instance: Operator = (node) => {
  const epsilon = number(node, 'epsilon', 1e-5);
  return ([x, scale, offset]) => {
    const rank = shapeOf(x).length;
    const [factor, shift] = [planar(scale), planar(offset)] as tf.Tensor1D[];
    if (rank === 4) {
      const given = { scale: factor, offset: shift, epsilon };
      return ofMap(instanceNormalization(channelsLast(x), given));
    }
    if (rank < 3) unsupported(node, `has an input of rank ${rank}`);
    const axes = Array.from({ length: rank - 2 }, (_, i) => i + 2);
    const y = standardized(planar(x), axes, epsilon);
    return ofTensor(tf.add(tf.mul(y, perChannel(factor, rank)), perChannel(shift, rank)));
  };
};

/** Scale and bias are one for each channel; in operator sets 18 to 20, one for each group. */
const group: Operator = (node, { opset }) => {
  const epsilon = number(node, 'epsilon', 1e-5);
  const groups = number(node, 'num_groups', 1);
  return ([x, scale, offset]) => {
    const shape = shapeOf(x);
    if (shape[1] % groups !== 0) unsupported(node, `has ${groups} groups of ${shape[1]} channels`);
    const rows = tf.reshape(planar(x), [shape[0], groups, -1]);
    const y = standardized(rows, [2], epsilon);
    if (opset < 21) {
      const each = (value: tf.Tensor) => tf.reshape(value, [groups, 1]);
      const scaled = tf.add(tf.mul(y, each(planar(scale))), each(planar(offset)));
      return ofTensor(tf.reshape(scaled, [...shape]));
    }
    const [factor, shift] = [scale, offset].map((v) => perChannel(planar(v), shape.length));
    return ofTensor(tf.add(tf.mul(tf.reshape(y, [...shape]), factor), shift));
  };
};

/** (x − E[x]) / (√(E[x²] − E[x]²) + 1e-9), as the operator's definition has it. */
const meanVariance: Operator =
  (node) =>
  ([value]) => {
    const x = planar(value);
    const axes = (list(node, 'axes') ?? [0, 2, 3]).map((axis) => axisOf(axis, x.rank));
    const centred = tf.sub(x, tf.mean(x, axes, true));
    const deviation = tf.sqrt(tf.mean(tf.square(centred), axes, true));
    return ofTensor(tf.div(centred, tf.add(deviation, 1e-9)));
  };

/** x / (bias + alpha / size · Σ x² over `size` neighbouring channels)^beta; the sum is a product with a band of ones. */
const localResponse: Operator = (node, tools) => {
  const size = number(node, 'size', 0);
  const [alpha, beta] = [number(node, 'alpha', 1e-4), number(node, 'beta', 0.75)];
  const bias = number(node, 'bias', 1);
  return ([value]) => {
    const x = channelsLast(value);
    const channels = x.shape[3];
    tools.room.bounded(node, [channels, channels]);
    const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
    const band = Array.from({ length: channels ** 2 }, (_, i) => {
      const [from, to] = [Math.floor(i / channels), i % channels];
      return Number(from >= to - before && from <= to + after);
    });
    const squares = tf.reshape(tf.square(x), [-1, channels]) as tf.Tensor2D;
    const sums = tf.reshape(tf.matMul(squares, tf.tensor2d(band, [channels, channels])), x.shape);
    const scale = tf.pow(tf.add(tf.mul(sums, alpha / size), bias), -beta);
    return ofMap(tf.mul(x, scale));
  };
};

const batchNormalization: Operator = (node, tools) => {
  if (number(node, 'training_mode', 0) !== 0) unsupported(node, 'is in training mode');
  const [scale, offset, mean, variance] = [1, 2, 3, 4].map((i) => weight(node, i, tools).data);
  const epsilon = number(node, 'epsilon', 1e-5);
  const factors = Array.from(scale, (s, c) => s / Math.sqrt(variance[c] + epsilon));
  const factor = tools.keep(() => tf.tensor1d(factors));
  const shift = tools.keep(() => tf.tensor1d(factors.map((f, c) => offset[c] - mean[c] * f)));
  return ([x]) => {
    const rank = shapeOf(x).length;
    if (rank === 4) return ofMap(tf.add(tf.mul(channelsLast(x), factor), shift));
    if (rank < 2) unsupported(node, `has an input of rank ${rank}`);
    return ofTensor(tf.add(tf.mul(planar(x), perChannel(factor, rank)), perChannel(shift, rank)));
  };
};

export const normalizations: Readonly<Record<string, Operator>> = {
  BatchNormalization: batchNormalization,
  InstanceNormalization: instance,
  GroupNormalization: group,
  MeanVarianceNormalization: meanVariance,
  LRN: localResponse,
};
