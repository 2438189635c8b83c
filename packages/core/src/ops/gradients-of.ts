import * as tf from '@tensorflow/tfjs-core';
import { installCorrections } from './corrections/install-corrections';
import { freeOnTheWayBack } from './free-on-the-way-back';

/**
 * `tf.grads(f)(inputs)`, except that nothing leaks when `f` throws: for a backward pass that never comes,
 * tfjs keeps every tensor that the operations before the error had saved.
 *
 * @returns one gradient per input, owned by the caller
 */
export function gradientsOf(
  f: (...inputs: tf.Tensor[]) => tf.Scalar,
  inputs: readonly tf.Tensor[],
): tf.Tensor[] {
  installCorrections();
  const frugal = (...given: tf.Tensor[]) => {
    const result = f(...given);
    freeOnTheWayBack();
    return result;
  };
  return freeingTape(() => tf.tidy(() => tf.grads(frugal)([...inputs])));
}

/** Runs something that takes gradients at the top level; when it throws, frees what its tape had saved. */
export function freeingTape<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    const { state } = tf.engine();
    if (state.gradientDepth === 0) {
      for (const { saved } of state.activeTape ?? []) {
        if (saved !== undefined) tf.dispose(saved);
      }
      state.activeTape = [];
    }
    throw error;
  }
}
