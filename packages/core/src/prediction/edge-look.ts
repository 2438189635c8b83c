import * as tf from '@tensorflow/tfjs-core';
import type { FloatImage, InputSizeRule, MattingModel } from '../contracts';
import { trimapLevelsOf } from '../imaging/trimap-from-alpha';
import { resize } from '../ops';
import { checkShape, leastCommonMultiple } from './predict-matte';

/** The size at which a network looks at edges alone, over that at which it saw the whole. */
export const EDGE_SCALE = 1.5;
/**
 * `edgeWeight` of `refineMatteWork` for a matte whose edges were looked at by themselves: of them colours have less to say than
 * of a coarse one. docs/models.md has the figures.
 */
export const EDGE_WEIGHT = 0.3;
/** The rule by which the trimaps of training and test data are made, pixels at 512. */
const GROWN = { outward: 9, inward: 4 };

/** A picture and a matte whose edges are looked at, of one size. */
export interface EdgeView {
  /** RGB `[N, H, W, 3]` in [0, 1]. */
  readonly image: tf.Tensor4D;
  /** `[N, H, W, 1]` in [0, 1]. */
  readonly alpha: tf.Tensor4D;
  /** Of it, see {@link edgeTrimap}, `[N, H, W, 1]`. */
  readonly trimap: tf.Tensor4D;
}

/** How a model is asked about edges alone. */
export interface EdgeAsker {
  /**
   * What the answer counts beside what was seen before, in [0, 1]. The two err in different ways, so that their mean errs less
   * than either. docs/models.md has the figures.
   */
  readonly share: number;
  /**
   * Alpha `[N, H, W, 1]`, as the model answers; the caller's.
   *
   * @throws ModelOutputError a wrong shape
   */
  ask(view: EdgeView): tf.Tensor4D;
}

/** Share of a head that was made for edges, and saw the matte. */
const HEAD_SHARE = 1;
/** Share of a network that is asked for a matte anew, by a trimap. */
const TRIMAP_SHARE = 0.6;

/** Whether a model reads a trimap. */
export const takesTrimap = ({
  needsTrimap,
  takesTrimap = false,
}: Pick<MattingModel, 'needsTrimap' | 'takesTrimap'>): boolean => needsTrimap || takesTrimap;

/**
 * How a model is asked about edges: by its head for them, if it has one, or else by a trimap. Undefined for a model that takes
 * none.
 */
export function edgeAsker(model: MattingModel): EdgeAsker | undefined {
  const checked = ({ image }: EdgeView, answer: tf.Tensor4D): tf.Tensor4D =>
    checkShape(model.name, 'alpha', answer, [...image.shape.slice(0, 3), 1]);
  if (model.edges !== undefined) {
    const edges = model.edges.bind(model);
    const ask = (view: EdgeView) =>
      tf.tidy(() => checked(view, edges({ ...view, unknown: unknownOf(view.trimap) })));
    return { share: HEAD_SHARE, ask };
  }
  if (!takesTrimap(model)) return undefined;
  const ask = (view: EdgeView) => checked(view, model.alpha(view));
  return { share: TRIMAP_SHARE, ask };
}

/** 1 where a trimap of levels 0, 1/2 and 1 is unknown, else 0. */
export const unknownOf = (trimap: tf.Tensor4D): tf.Tensor4D =>
  tf.cast(tf.equal<tf.Tensor4D>(trimap, 0.5), 'float32');

/** The trimap of a matte, unknown along its edges: levels 0, 1/2 and 1. @param alpha one channel */
export const edgeTrimap = (alpha: FloatImage): FloatImage => trimapLevelsOf(alpha, GROWN);

/**
 * The answer to the mirror image, mirrored back: a network that saw the picture as it is errs in the same way again.
 *
 * @returns `[N, H, W, 1]`, as the model answers; the caller's
 * @throws ModelOutputError a wrong shape
 */
export const mirroredAnswer = (
  { ask }: EdgeAsker,
  { image, alpha, trimap }: EdgeView,
): tf.Tensor4D =>
  tf.tidy(() => {
    const flipped = (x: tf.Tensor4D): tf.Tensor4D => tf.reverse(x, 2);
    return flipped(ask({ image: flipped(image), alpha: flipped(alpha), trimap: flipped(trimap) }));
  });

/**
 * What a model says of the edges alone, the picture one and a half times as large; the mean over the picture and its mirror
 * image. Undefined where it cannot look at more than this.
 *
 * @param view `[1, H, W, ·]`
 * @returns `[1, H, W, 1]`, owned by the caller
 * @throws ModelOutputError a wrong shape
 */
export function edgeAlpha(
  asker: EdgeAsker,
  { multipleOf, max }: InputSizeRule,
  { image, alpha, trimap }: EdgeView,
): tf.Tensor4D | undefined {
  const [, height, width] = image.shape;
  const multiple = leastCommonMultiple(32, multipleOf);
  const most = max - (max % multiple);
  const larger = (side: number): number =>
    Math.min(most, Math.round((side * EDGE_SCALE) / multiple) * multiple);
  const size = [larger(height), larger(width)] as const;
  if (size[0] <= height || size[1] <= width) return undefined;
  return tf.tidy(() => {
    const within = (x: tf.Tensor4D): tf.Tensor4D => tf.clipByValue(x, 0, 1);
    const view = {
      image: within(resize(image, size, 'bicubic')),
      alpha: within(resize(alpha, size, 'bilinear')),
      trimap: resize(trimap, size, 'nearest'),
    };
    const both = tf.add<tf.Tensor4D>(asker.ask(view), mirroredAnswer(asker, view));
    return resize(tf.div(both, 2), [height, width], 'area');
  });
}
