import * as tf from '@tensorflow/tfjs-core';
import { chain } from './chain';
import type { LinearMap } from './linear-maps';
import { LEAK, leakyRelu } from './styled-convolution';

/** lrelu(A x + bias) as one operation that keeps nothing but its result. `bias` is `[out]`. */
export function activatedConvolution(
  x: tf.Tensor4D,
  map: LinearMap,
  bias: tf.Tensor1D,
): tf.Tensor4D {
  const run = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const biased = chain(map.apply(args[0] as tf.Tensor4D), (u) => tf.add(u, bias) as tf.Tensor4D);
    const y = chain(biased, leakyRelu);
    (args[1] as tf.GradSaveFunc)([y]);
    return {
      value: y,
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => {
        const g = chain(
          tf.step(saved as tf.Tensor4D, LEAK),
          (slope) => tf.mul(dy, slope) as tf.Tensor4D,
        );
        return chain(g, map.adjoint);
      },
    };
  });
  return run(x) as tf.Tensor4D;
}

/** A x, differentiable. */
export function linear(x: tf.Tensor4D, map: LinearMap): tf.Tensor4D {
  const run = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => ({
    value: map.apply(args[0] as tf.Tensor4D),
    gradFunc: (dy: tf.Tensor) => map.adjoint(dy as tf.Tensor4D),
  }));
  return run(x) as tf.Tensor4D;
}
