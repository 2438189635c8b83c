import { customGradient } from '@latent-matte/core/ops';
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
  return customGradient(
    [x],
    (x) => {
      const biased = chain(map.apply(x), (u) => tf.add(u, bias) as tf.Tensor4D);
      const y = chain(biased, leakyRelu);
      return { value: y, saved: [y] };
    },
    (dy, [y]) => {
      const g = chain(tf.step(y, LEAK), (slope) => tf.mul(dy, slope) as tf.Tensor4D);
      return chain(g, map.adjoint);
    },
  );
}

/** A x, differentiable. */
export function linear(x: tf.Tensor4D, map: LinearMap): tf.Tensor4D {
  return customGradient(
    [x],
    (x) => ({ value: map.apply(x) }),
    (dy) => map.adjoint(dy),
  );
}
