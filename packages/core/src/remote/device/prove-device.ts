import * as tf from '@tensorflow/tfjs-core';
import { briefly } from '../briefly';

/** `sin(i)` on 8×8 pixels, `cos(i)` in the 3×3 filter: mean of the squared convolution, in float64. */
const EXPECTED = 2.38804721;
const TOLERANCE = 1e-4;

/**
 * Lets the active backend do a small convolution whose result is known. A driver or a build can load and still
 * compute nonsense.
 *
 * @returns what went wrong, as the end of a sentence, or undefined
 */
export async function proveDevice(): Promise<string | undefined> {
  let result: tf.Tensor | undefined;
  try {
    result = tf.tidy(() => {
      const wave = (length: number, f: (i: number) => number) =>
        Array.from({ length }, (_, i) => f(i));
      const x = tf.tensor4d(wave(64, Math.sin), [1, 8, 8, 1]);
      const filter = tf.tensor4d(wave(9, Math.cos), [3, 3, 1, 1]);
      return tf.mean(tf.square(tf.conv2d(x, filter, 1, 'same')));
    });
    const [value] = await result.data();
    return Math.abs(value! - EXPECTED) <= TOLERANCE
      ? undefined
      : `computes wrongly (${value} instead of ${EXPECTED})`;
  } catch (error) {
    return `does not compute (${briefly(error)})`;
  } finally {
    result?.dispose();
  }
}
