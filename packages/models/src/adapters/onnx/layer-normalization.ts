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
