import * as tf from '@tensorflow/tfjs-core';
import type { FloatImage, MattingModel } from '../contracts';
import { trimapLevelsOf } from '../imaging/trimap-from-alpha';
import { resize } from '../ops';
import { checkShape, leastCommonMultiple } from './predict-matte';

/** The size at which a network looks at edges alone, over that at which it saw the whole. */
export const EDGE_SCALE = 1.5;
/**
 * What the look at the edges counts beside what was seen before, in [0, 1]. The two err in different ways, so that their mean
 * errs less than either. docs/models.md has the figures.
 */
export const EDGE_SHARE = 0.6;
/**
 * `edgeWeight` of `refineMatteWork` for a matte whose edges were looked at by themselves: of them colours have less to say than
 * of a coarse one. docs/models.md has the figures.
 */
export const EDGE_WEIGHT = 0.3;
/** The rule by which the trimaps of training and test data are made, pixels at 512. */
const GROWN = { outward: 9, inward: 4 };

/** Whether a model can be asked about edges alone. */
export const takesTrimap = ({
  needsTrimap,
  takesTrimap = false,
}: Pick<MattingModel, 'needsTrimap' | 'takesTrimap'>): boolean => needsTrimap || takesTrimap;

/** The trimap of a matte, unknown along its edges: levels 0, 1/2 and 1. @param alpha one channel */
export const edgeTrimap = (alpha: FloatImage): FloatImage => trimapLevelsOf(alpha, GROWN);

/**
 * What a model says of the mirror image of a picture and a trimap that is known, mirrored back: whoever looks at edges once
 * more asks so, since a network that saw the picture as it is errs in the same way again.
 *
 * @param image `[N, H, W, 3]`. @param trimap `[N, H, W, 1]`
 * @returns `[N, H, W, 1]`, as the model answered
 * @throws ModelOutputError a wrong shape
 */
export const mirroredAlpha = (
  model: MattingModel,
  image: tf.Tensor4D,
  trimap: tf.Tensor4D,
): tf.Tensor4D =>
  tf.tidy(() => tf.reverse(alphaGiven(model, tf.reverse(image, 2), tf.reverse(trimap, 2)), 2));

const alphaGiven = (model: MattingModel, image: tf.Tensor4D, trimap: tf.Tensor4D): tf.Tensor4D =>
  checkShape(model.name, 'alpha', model.alpha({ image, trimap }), [...image.shape.slice(0, 3), 1]);

/**
 * What a model says of the edges alone, the picture one and a half times as large; the mean over the picture and its mirror
 * image. Undefined for a model that takes no trimap or cannot look at more than this.
 *
 * @param image `[1, H, W, 3]`. @param trimap `[1, H, W, 1]`
 * @returns `[1, H, W, 1]`, owned by the caller
 */
export function edgeAlpha(
  model: MattingModel,
  image: tf.Tensor4D,
  trimap: tf.Tensor4D,
): tf.Tensor4D | undefined {
  const [, height, width] = image.shape;
  const multiple = leastCommonMultiple(32, model.input.multipleOf);
  const most = model.input.max - (model.input.max % multiple);
  const larger = (side: number): number =>
    Math.min(most, Math.round((side * EDGE_SCALE) / multiple) * multiple);
  const size = [larger(height), larger(width)] as const;
  if (!takesTrimap(model) || size[0] <= height || size[1] <= width) return undefined;
  return tf.tidy(() => {
    const view = tf.clipByValue(resize(image, size, 'bicubic'), 0, 1) as tf.Tensor4D;
    const known = resize(trimap, size, 'nearest');
    const plain = alphaGiven(model, view, known);
    const mirrored = mirroredAlpha(model, view, known);
    return resize(tf.div(tf.add(plain, mirrored), 2), [height, width], 'area');
  });
}
