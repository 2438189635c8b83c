import * as tf from '@tensorflow/tfjs-core';
import { isolatedTape } from '../ops/isolated-tape';
import { pullBackSegments, runSegments, type Segment } from './segments';

/**
 * A network of one input and one result as a differentiable function whose gradient is taken piece by piece: the
 * tape around it holds the states between the segments instead of the whole network.
 *
 * @param segments the first takes `[x]`, the last returns `[y]`
 */
export function inSegments<Y extends tf.Tensor>(segments: readonly Segment[], x: tf.Tensor): Y {
  const run = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const input = args[0] as tf.Tensor;
    const save = args[1] as tf.GradSaveFunc;
    const states = runSegments(segments, [input]);
    const lengths = states.map(({ length }) => length);
    save(states.flat());
    const value = tf.clone(states[segments.length][0]);
    tf.dispose(states);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        isolatedTape(() => {
          let taken = 0;
          const kept = lengths.map((length) => {
            taken += length;
            return saved.slice(taken - length, taken);
          });
          const [gradient] = pullBackSegments(segments, kept, [], [dy]).state;
          if (gradient === undefined) return tf.zerosLike(input);
          // Not kept: the tape frees it.
          const result = tf.clone(gradient);
          gradient.dispose();
          return result;
        }),
    };
  });
  return run(x) as Y;
}
