import type * as tf from '@tensorflow/tfjs-core';

/** `f(x)` with `x` freed at once: maps are large, and a scope would keep them to its end. */
export function chain<X extends tf.Tensor, Y extends tf.Tensor>(x: X, f: (x: X) => Y): Y {
  const y = f(x);
  x.dispose();
  return y;
}
