import * as tf from '@tensorflow/tfjs-core';

/**
 * `tf.tidy` for a part of a network: what only that part needs is free again after it, and a forward pass holds a few
 * maps instead of all. While a gradient is recorded everything stays, as it is needed on the way back.
 */
export function forwardScope<Result extends tf.TensorContainer>(make: () => Result): Result {
  return tf.engine().state.gradientDepth > 0 ? make() : tf.tidy(make);
}
