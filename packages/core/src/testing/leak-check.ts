import * as tf from '@tensorflow/tfjs-core';

export interface LeakCheck {
  /** Tensors alive after `run` that were not before (negative: it freed tensors it did not make). */
  readonly leaked: number;
  /** What `run` threw, when it threw. */
  readonly error?: unknown;
}

/**
 * Runs something and counts the tensors it leaves behind, whether it returns or throws.
 *
 * ```ts
 * import { checkLeaks } from '@latent-matte/core/testing';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const { leaked } = await checkLeaks(() => tf.square(tf.ones([4])));
 * console.log(leaked); // 2: the ones and their square
 * ```
 *
 * @param run disposes what it makes; tensors that it returns count as leaked
 */
export async function checkLeaks(run: () => unknown): Promise<LeakCheck> {
  const before = tf.memory().numTensors;
  try {
    await run();
    return { leaked: tf.memory().numTensors - before };
  } catch (error) {
    return { leaked: tf.memory().numTensors - before, error };
  }
}
