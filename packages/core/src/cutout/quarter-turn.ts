import * as tf from '@tensorflow/tfjs-core';

/** Quarter turns, clockwise. */
export type QuarterTurns = 0 | 1 | 2 | 3;

/** `[N, H, W, C]` turned; of an odd number of quarters `[N, W, H, C]`. Never its input: the caller owns what it returns. */
export function quarterTurned(x: tf.Tensor4D, turns: QuarterTurns): tf.Tensor4D {
  return tf.tidy(() => {
    if (turns === 0) return tf.clone(x);
    if (turns === 2) return tf.reverse(x, [1, 2]);
    return tf.reverse(tf.transpose(x, [0, 2, 1, 3]), turns === 1 ? 2 : 1) as tf.Tensor4D;
  });
}

/** What undoes so many quarter turns. */
export const turnsBack = (turns: QuarterTurns): QuarterTurns => ((4 - turns) % 4) as QuarterTurns;
