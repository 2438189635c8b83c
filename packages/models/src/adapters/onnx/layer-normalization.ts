import { stopGradient } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { isAbsent, number, type Operator } from './operator';
import { unsupported } from './unsupported';
import { axisOf, ofTensor, planar } from './value';

/** (x − mean) / √(variance + ε) · scale + bias over the axes from `axis` on. */
export const layerNormalization: Operator = (node) => {
  if (node.outputs.slice(1).some((name) => name !== ''))
    unsupported(node, 'returns its statistics');
  const epsilon = number(node, 'epsilon', 1e-5);
  return ([value, scale, bias]) => {
    const x = planar(value);
    const first = axisOf(number(node, 'axis', -1), x.rank);
    const axes = Array.from({ length: x.rank - first }, (_, i) => first + i);
    const centred = tf.sub(x, tf.mean(x, axes, true));
    const variance = tf.mean(tf.square(centred), axes, true);
    const normal = tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon)));
    const scaled = isAbsent(scale) ? normal : tf.mul(normal, planar(scale));
    return ofTensor(isAbsent(bias) ? scaled : tf.add(scaled, planar(bias)));
  };
};

/** The same without mean and bias. */
export const rootMeanSquareNormalization: Operator = (node) => {
  const epsilon = number(node, 'epsilon', 1e-5);
  return ([value, scale]) => {
    const x = planar(value);
    const first = axisOf(number(node, 'axis', -1), x.rank);
    const axes = Array.from({ length: x.rank - first }, (_, i) => first + i);
    const normal = tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), axes, true), epsilon)));
    return ofTensor(tf.mul(normal, planar(scale)));
  };
};

/** x / ‖x‖ along an axis; nothing stays nothing. */
export const normNormalization: Operator = (node) => {
  const order = number(node, 'p', 2);
  if (order !== 1 && order !== 2) unsupported(node, `has p of ${order}; 1 and 2 are supported`);
  return ([value]) => {
    const x = planar(value);
    const axis = axisOf(number(node, 'axis', -1), x.rank);
    const size = order === 1 ? tf.abs(x) : tf.square(x);
    const total = tf.sum(size, axis, true);
    // The root of nothing has no slope.
    const safe = tf.add(
      total,
      stopGradient(() => tf.cast(tf.equal(total, 0), 'float32')),
    );
    return ofTensor(tf.div(x, order === 1 ? safe : tf.sqrt(safe)));
  };
};
