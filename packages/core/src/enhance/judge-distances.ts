import * as tf from '@tensorflow/tfjs-core';
import type { MattingModel, TrimapModel } from '../contracts';
import { trimapFromLogits } from '../imaging/trimap';
import type { CompleteTarget } from '../losses/agreement';
import { checkedAlpha, checkedLogits } from '../prediction/predict-matte';

/**
 * How far each judge's matte of a portrait is from the target: mean absolute difference over the target's region.
 *
 * @param judges that take pictures of any size
 * @param portrait `[1, H, W, 3]` in [0, 1]
 */
export async function judgeDistances(
  judges: readonly MattingModel[],
  trimapModel: TrimapModel,
  portrait: tf.Tensor4D,
  { alpha, region }: Pick<CompleteTarget, 'alpha' | 'region'>,
): Promise<number[]> {
  if (judges.length === 0) return [];
  const distances = tf.tidy(() => {
    const area = tf.maximum(tf.sum(region), 1);
    const trimap = judges.some(({ needsTrimap }) => needsTrimap)
      ? trimapFromLogits(checkedLogits(trimapModel, portrait))
      : undefined;
    return tf.stack(
      judges.map((judge) => {
        const difference = tf.abs(tf.sub(checkedAlpha(judge, portrait, trimap), alpha));
        return tf.div(tf.sum(tf.mul(difference, region)), area);
      }),
    );
  });
  try {
    return [...(await distances.data())];
  } finally {
    distances.dispose();
  }
}
