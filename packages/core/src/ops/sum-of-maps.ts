import * as tf from '@tensorflow/tfjs-core';
import { maskedBy } from './convolution';
import { customGradient } from './custom-gradient';
import type { Activation } from './linear-convolution';
import { elementwise, hasElementwise } from './webgpu/elementwise';

/** Whether {@link sumOfMaps} is one shader here. */
export const sumsInOne = hasElementwise;

const ACTIVATIONS: Readonly<Record<Activation, (sum: string) => string>> = {
  linear: (sum) => sum,
  relu: (sum) => `max(${sum}, T(0.0))`,
  relu6: (sum) => `clamp(${sum}, T(0.0), T(6.0))`,
};

/**
 * The sum of two to eight maps of one shape and the activation behind it, on backends where that is one shader (see
 * {@link sumsInOne}).
 */
export function sumOfMaps(maps: tf.Tensor4D[], activation: Activation): tf.Tensor4D {
  const letters = [...'abcdefgh'].slice(0, maps.length).join(' + ');
  const formula = {
    name: `sum${maps.length}${activation}`,
    wgsl: ACTIVATIONS[activation](`(${letters})`),
  };
  return customGradient(
    maps,
    (...given) => {
      const [first, ...others] = given as [tf.Tensor4D, ...tf.Tensor4D[]];
      const value = elementwise(formula, [first, ...others]) as tf.Tensor4D;
      const saved: tf.Tensor[] = activation === 'linear' ? [] : [value];
      return { value, saved };
    },
    (dy, [y]) => {
      const slope = activation === 'linear' ? dy : maskedBy(dy, y as tf.Tensor, activation);
      return maps.map(() => tf.clone(slope));
    },
  );
}
