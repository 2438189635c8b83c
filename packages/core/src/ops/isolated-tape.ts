import * as tf from '@tensorflow/tfjs-core';

/**
 * Runs `f` with a gradient tape of its own, so that it may take gradients inside the forward or the backward
 * pass of a custom gradient. There a plain `tf.grads` crashes: the engine has one tape, and the inner call
 * would clear the outer one's.
 */
export function isolatedTape<T>(f: () => T): T {
  const { state } = tf.engine();
  const { activeTape, gradientDepth, kernelDepth } = state;
  Object.assign(state, { activeTape: null, gradientDepth: 0, kernelDepth: 0 });
  try {
    return f();
  } finally {
    Object.assign(state, { activeTape, gradientDepth, kernelDepth });
  }
}
