import * as tf from '@tensorflow/tfjs-core';
import { customGradient } from './custom-gradient';

export interface SoftmaxOverPatchesOptions {
  /** Factor of the scores, broadcast: a number, or a constant tensor such as `[N, 1, 1, patches]`. Default 1. */
  scale?: number | tf.Tensor;
  /** Constant added after scaling, broadcast. Default 0. */
  offset?: tf.Tensor;
}

/**
 * softmax(scores · scale + offset) over the last axis, the patches that a place attends to: contextual attention
 * (GCA matting, FACTS 4.4). One map is kept for the gradient, y: dx = scale · y · (dy − Σ dy y).
 *
 * ```ts
 * import { softmaxOverPatches } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const scores = tf.tensor4d([2, 2, 9], [1, 1, 1, 3]);
 * const offset = tf.tensor1d([0, 0, -1e4]); // leaves the third patch out
 * console.log(await softmaxOverPatches(scores, { offset }).data()); // [0.5, 0.5, 0]
 * ```
 *
 * @param scores `[N, h, w, patches]`
 */
export function softmaxOverPatches(
  scores: tf.Tensor4D,
  { scale, offset }: SoftmaxOverPatchesOptions = {},
): tf.Tensor4D {
  if (scale === undefined && offset === undefined) return tf.softmax(scores);
  return customGradient(
    [scores],
    (scores) => {
      const scaled = scale === undefined ? scores : tf.mul(scores, scale);
      const y = tf.softmax(offset === undefined ? scaled : tf.add(scaled, offset)) as tf.Tensor4D;
      // A scale made during the forward pass would be gone in the backward pass.
      const saved: tf.Tensor[] = scale instanceof tf.Tensor ? [y, scale] : [y];
      return { value: y, saved };
    },
    (dy, [y, factor]) => {
      const weighted = tf.mul(dy, y);
      const dx = tf.sub(weighted, tf.mul(y, tf.sum(weighted, -1, true)));
      return scale === undefined ? dx : tf.mul(dx, factor ?? scale);
    },
  );
}
