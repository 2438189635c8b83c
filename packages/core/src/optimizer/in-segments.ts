import * as tf from '@tensorflow/tfjs-core';
import { customGradient } from '../ops/custom-gradient';
import { isolatedTape } from '../ops/isolated-tape';
import { pullBackSegments, runSegments, type Segment } from './segments';

/**
 * A network of one input and one result as a differentiable function whose gradient is taken piece by piece: the
 * tape around it holds the states between the segments instead of the whole network.
 *
 * ```ts
 * import { inSegments, type Segment } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const square: Segment = { name: 'square', run: ([x]) => [tf.square(x)] };
 * const gradient = tf.grad((x) => inSegments([square, square], x));
 * console.log(await gradient(tf.scalar(2)).array()); // of x⁴: 4 · 2³ = 32
 * ```
 *
 * @param segments the first takes `[x]`, the last returns `[y]`
 */
export function inSegments<Y extends tf.Tensor>(segments: readonly Segment[], x: tf.Tensor): Y {
  let lengths: number[] = [];
  return customGradient(
    [x],
    (x) => {
      const states = runSegments(segments, [x]);
      lengths = states.map(({ length }) => length);
      // Clones belong to the scope of the operation, which frees them; the states themselves are kept out of it.
      const saved = states.flat().map((tensor) => tf.clone(tensor));
      tf.dispose(states);
      return { value: tf.clone(saved[saved.length - lengths[segments.length]]) as Y, saved };
    },
    (dy, saved) =>
      isolatedTape(() => {
        let taken = 0;
        const states = lengths.map((length) => {
          taken += length;
          return saved.slice(taken - length, taken);
        });
        const [gradient] = pullBackSegments(segments, states, [], [dy]).state;
        if (gradient === undefined) return tf.zerosLike(x);
        // Not kept: the tape frees it.
        const result = tf.clone(gradient);
        gradient.dispose();
        return result;
      }),
  );
}
