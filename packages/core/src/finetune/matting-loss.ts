import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from './draw-batch';
import type { MattingLossWeights } from './types';

/** Terms of the loss of one batch, before weighting, and their weighted sum. */
export interface MattingLoss {
  readonly total: tf.Scalar;
  readonly alpha: tf.Scalar;
  readonly compositional: tf.Scalar;
  readonly gradient: tf.Scalar;
}

/**
 * Loss of a predicted alpha α against the true one α*, means over pixels weighted by m:
 *
 *     alpha           |α − α*|                                  (Xu et al., "Deep Image Matting", CVPR 2017, Eq. 1)
 *     compositional   |αF + (1 − α)B − I| = |(α − α*)(F − B)|   (Eq. 2; mean over colours)
 *     gradient        |∂x(α − α*)| + |∂y(α − α*)|
 *
 * For models with a trimap m is 1 in the unknown region and 0 elsewhere; for the others m = 1 + b · unknown on the whole
 * picture (Ke et al., MODNet: b = 4).
 *
 * @param predicted `[N, H, W, 1]`
 */
export function mattingLoss(
  predicted: tf.Tensor4D,
  { alpha, unknown, contrast }: Pick<Batch, 'alpha' | 'unknown' | 'contrast'>,
  weights: MattingLossWeights,
  needsTrimap: boolean,
): MattingLoss {
  const mask: tf.Tensor4D = needsTrimap ? unknown : tf.add(tf.mul(unknown, weights.boundary), 1);
  // + 1: a batch may be without unknown pixels.
  const area = tf.add(tf.sum(mask), 1);
  const error: tf.Tensor4D = tf.mul(tf.sub(predicted, alpha), needsTrimap ? unknown : 1);
  const mean = (map: tf.Tensor) => tf.div(tf.sum(map), area) as tf.Scalar;
  const terms = {
    alpha: mean(tf.mul(tf.abs(error), mask)),
    compositional: mean(tf.mul(tf.mean(tf.abs(tf.mul(error, contrast)), 3, true), mask)),
    gradient: tf.add(
      mean(difference(error, mask, 1)),
      mean(difference(error, mask, 2)),
    ) as tf.Scalar,
  };
  const total = tf.addN(
    (['alpha', 'compositional', 'gradient'] as const).map((name) =>
      tf.mul(terms[name], weights[name]),
    ),
  ) as tf.Scalar;
  return { total, ...terms };
}

/** m · |e[i + 1] − e[i]| along an axis; counted where either pixel counts, as much as the larger. */
function difference(error: tf.Tensor4D, mask: tf.Tensor4D, axis: 1 | 2): tf.Tensor4D {
  const part = (x: tf.Tensor4D, from: 0 | 1) => {
    const begin = [0, 0, 0, 0];
    const size = [...x.shape];
    begin[axis] = from;
    size[axis]--;
    return tf.slice(x, begin, size);
  };
  const step = tf.abs(tf.sub(part(error, 1), part(error, 0)));
  return tf.mul(step, tf.maximum(part(mask, 0), part(mask, 1))) as tf.Tensor4D;
}
