import * as tf from '@tensorflow/tfjs-core';
import type { MattingModel } from '../contracts';
import { clipUnit } from '../imaging/clip-unit';
import { enlargedTo } from '../imaging/enlarged-to';
import { frameTensor } from '../imaging/image-letterbox';
import { frameFor } from '../imaging/letterbox';
import type { Picture } from '../imaging/picture-rows';
import { resizeImage } from '../imaging/resampled-rows';
import { assertWorkingSizeFits } from '../prediction/device-limits';
import { EDGE_SCALE, EDGE_SHARE, edgeTrimap, mirroredAlpha } from '../prediction/edge-look';
import { assertAlpha } from '../prediction/predict-matte';
import { type QuarterTurns, quarterTurned, turnsBack } from './quarter-turn';
import { contentOf, type WorkingMatte } from './working-matte';

/**
 * A matte whose edges the network has seen once more: one and a half times as large, mirrored, and with a trimap of the matte,
 * so that it has nothing to decide but how the edge runs. The two answers err in different ways; their mean errs less.
 * What the matte is sure of stays.
 *
 * @param picture of which `seen` is the matte, RGB of any size
 * @param turns by which the picture is turned for the model
 * @returns at the size of `seen`; undefined for a model that takes no trimap, needs one (then it was given that of another
 *   network already), or sees no larger
 * @throws ModelOutputError a wrong shape, NaN, infinity, or values far from [0, 1]
 */
export async function withEdgeLook(
  seen: WorkingMatte,
  picture: Picture,
  matting: MattingModel,
  turns: QuarterTurns = 0,
): Promise<WorkingMatte | undefined> {
  const { width, height } = seen.alpha;
  const size = Math.max(width, height);
  const longest = Math.min(matting.input.max, Math.round(EDGE_SCALE * size));
  if (matting.needsTrimap || !matting.takesTrimap || longest <= size) return undefined;
  const larger = enlargedTo(longest, picture);
  const box = frameFor([larger.height, larger.width], { ...matting.input, max: longest });
  assertWorkingSizeFits(box.frame);
  const made: tf.Tensor[] = [];
  try {
    const shown = (x: tf.Tensor4D): tf.Tensor4D => {
      const turned = quarterTurned(x, turns);
      made.push(x, turned);
      return turned;
    };
    const framed = shown(frameTensor(larger, box));
    const trimap = shown(frameTensor(edgeTrimap(seen.alpha), box, 'nearest'));
    const answer = mirroredAlpha(matting, framed, trimap);
    made.push(answer);
    await assertAlpha(matting.name, answer);
    const alpha = quarterTurned(answer, turnsBack(turns));
    made.push(alpha);
    const again = resizeImage(await contentOf(alpha, box, 1), [height, width], 'area').data;
    const data = seen.alpha.data.map(
      (value, i) => value + EDGE_SHARE * (clipUnit(again[i]) - value),
    );
    return { ...seen, alpha: { ...seen.alpha, data } };
  } finally {
    tf.dispose(made);
  }
}
