import * as tf from '@tensorflow/tfjs-core';

/** `tf.tidy` for functions whose result holds no tensors: tidy only types results that tensors can nest in. */
export function scoped<T>(f: () => T): T {
  tf.engine().startScope();
  try {
    return f();
  } finally {
    tf.engine().endScope();
  }
}
