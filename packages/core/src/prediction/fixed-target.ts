import * as tf from '@tensorflow/tfjs-core';
import type { MattingModel, TrimapModel } from '../contracts';
import { trimapFromLogits } from '../imaging/trimap';
import type { CompleteTarget, FixedTarget } from '../losses/agreement';
import { refineMatteWork } from '../matting/refine-matte';
import { finishInSlices } from '../solvers/work';
import { EDGE_SHARE, EDGE_WEIGHT, edgeAlpha, edgeTrimap } from './edge-look';
import { matteOverViews, targetOverViews, type ViewsTarget } from './predictions-over-views';
import { unrestWithin } from './unrest';

/** Which matte the fixed target has, see `advanced.target`. */
export type TargetKind = 'views' | 'refined';

/** Tensors are owned by the caller. */
export interface TrustedTarget extends CompleteTarget, TrustedMatte {}

/** A target without classes. */
export interface TrustedMatte extends Pick<CompleteTarget, 'alpha' | 'region'> {
  /** Where it is to be trusted, `[1, H, W, 1]` in [0, 1], see `trustMap`. */
  readonly trust: tf.Tensor4D;
  /** How sure it is that the target is right, in [0, 1]: the share of the person that is trusted. */
  readonly confidence: number;
  /** How much the model's matte changes with the view, see {@link unrestWithin}. */
  readonly unrest: number;
}

/** Frees the tensors of a target. */
export function disposeTarget({
  alpha,
  classes,
  region,
  trust,
}: TrustedMatte & Pick<FixedTarget, 'classes'>): void {
  tf.dispose([alpha, region, trust]);
  classes?.dispose();
}

/**
 * What the agreement loss and the selection aim at, made once from the input: the mean over views, whose matte
 * `'refined'` joins to what the model says of the edges alone, and fits to the colours of the input. What is certain
 * comes from the mean trimap, or, for a matting model that needs none and may know better, from its own mean matte: then
 * the matte is also compared there. Where the views contradict each other or the plain prediction, the target is the
 * plain prediction, and nothing is compared.
 *
 * @param image `[1, H, W, 3]`. @param mask `[1, H, W, 1]`, 1 on the content of the letterbox
 * @param colors what the matte is fitted to, `[1, H, W, 3]`, where that is another version of the picture
 * @throws AbortedError the signal fired
 */
export async function fixedTarget(
  kind: TargetKind,
  trimapModel: TrimapModel,
  mattingModel: MattingModel,
  image: tf.Tensor4D,
  mask: tf.Tensor4D,
  signal?: AbortSignal,
  colors: tf.Tensor4D = image,
): Promise<TrustedTarget> {
  const {
    trust: trusted,
    spread,
    ...matte
  } = targetOverViews(trimapModel, mattingModel, image, mask);
  const views = { ...matte, trust: trusted.map };
  const spent: tf.Tensor[] = [trusted.confidence, spread];
  try {
    const [confidence] = await trusted.confidence.data();
    if (kind === 'refined' && !mattingModel.needsTrimap) {
      const own = await refinedByItself(mattingModel, { ...views, spread }, image, colors, signal);
      spent.push(views.alpha, views.region);
      return { ...views, ...own, confidence };
    }
    const unrest = await unrestWithin(spread, views.region);
    if (kind === 'views') return { ...views, confidence, unrest };
    const trimap = tf.tidy(() => trimapFromLogits(views.classes));
    spent.push(trimap);
    const alpha = await refinedOverEdges(mattingModel, views, image, colors, trimap, signal);
    spent.push(views.alpha);
    return { ...views, alpha, confidence, unrest };
  } catch (error) {
    tf.dispose([views.alpha, views.classes, views.region, views.trust]);
    throw error;
  } finally {
    tf.dispose(spent);
  }
}

/**
 * The refined {@link fixedTarget} of a model that needs no trimap, for whoever asks nothing of its classes: no trimap model is
 * asked.
 *
 * @param image `[1, H, W, 3]`. @param mask `[1, H, W, 1]`, 1 on the content of the letterbox
 * @throws AbortedError the signal fired
 */
export async function fixedMatte(
  mattingModel: MattingModel,
  image: tf.Tensor4D,
  mask: tf.Tensor4D,
  signal?: AbortSignal,
): Promise<TrustedMatte> {
  const { alpha, spread, trust: trusted } = matteOverViews(mattingModel, image, mask);
  const views = { alpha, spread, trust: trusted.map };
  try {
    const [confidence] = await trusted.confidence.data();
    const own = await refinedByItself(mattingModel, views, image, image, signal);
    return { ...own, trust: views.trust, confidence };
  } catch (error) {
    views.trust.dispose();
    throw error;
  } finally {
    tf.dispose([alpha, spread, trusted.confidence]);
  }
}

/** Matte and region of a model that needs no trimap: its own mean matte says what is certain. The caller's. */
async function refinedByItself(
  mattingModel: MattingModel,
  views: Pick<TrustedTarget, 'alpha' | 'trust'> & Pick<ViewsTarget, 'spread'>,
  image: tf.Tensor4D,
  colors: tf.Tensor4D,
  signal: AbortSignal | undefined,
): Promise<Pick<TrustedMatte, 'alpha' | 'region' | 'unrest'>> {
  const trimap = await ownTrimap(views.alpha);
  const region = unknownAndTrusted(trimap, views.trust);
  try {
    const unrest = await unrestWithin(views.spread, region);
    const alpha = await refinedOverEdges(mattingModel, views, image, colors, trimap, signal);
    return { alpha, region, unrest };
  } catch (error) {
    region.dispose();
    throw error;
  } finally {
    trimap.dispose();
  }
}

/** The mean over views joined to what the model says of the edges alone, fitted to colours. The caller's. */
async function refinedOverEdges(
  mattingModel: MattingModel,
  views: Pick<TrustedTarget, 'alpha' | 'trust'>,
  image: tf.Tensor4D,
  colors: tf.Tensor4D,
  trimap: tf.Tensor4D,
  signal: AbortSignal | undefined,
): Promise<tf.Tensor4D> {
  const edges = edgeAlpha(mattingModel, image, trimap);
  if (edges === undefined) {
    return await refinedAlpha(colors, views.alpha, trimap, undefined, signal);
  }
  const seen = joined(views, edges, trimap);
  try {
    return await refinedAlpha(colors, seen, trimap, EDGE_WEIGHT, signal);
  } finally {
    tf.dispose([edges, seen]);
  }
}

const unknownAndTrusted = (trimap: tf.Tensor4D, trust: tf.Tensor4D): tf.Tensor4D =>
  tf.tidy(() => tf.mul(tf.cast(tf.equal(trimap, 0.5), 'float32'), trust));

/** The mean over views, and of what the model says of the edges alone, as far as the views are trusted. The caller's. */
function joined(
  { alpha, trust }: Pick<TrustedTarget, 'alpha' | 'trust'>,
  edges: tf.Tensor4D,
  trimap: tf.Tensor4D,
): tf.Tensor4D {
  return tf.tidy(() => {
    const share = tf.mul(unknownAndTrusted(trimap, trust), EDGE_SHARE);
    return tf.add(alpha, tf.mul(share, tf.sub(edges, alpha)));
  });
}

/** Unknown along the edges of a matte. */
async function ownTrimap(alpha: tf.Tensor4D): Promise<tf.Tensor4D> {
  const [, height, width] = alpha.shape;
  const data = Float32Array.from(await alpha.data());
  return tf.tensor4d(edgeTrimap({ width, height, channels: 1, data }).data, alpha.shape);
}

async function refinedAlpha(
  image: tf.Tensor4D,
  matte: tf.Tensor4D,
  trimap: tf.Tensor4D,
  edgeWeight: number | undefined,
  signal: AbortSignal | undefined,
): Promise<tf.Tensor4D> {
  const [, height, width] = image.shape;
  const [colors, prior, classes] = await Promise.all([image.data(), matte.data(), trimap.data()]);
  const work = refineMatteWork(colors, prior, classes, width, height, {}, edgeWeight);
  const { alpha } = await finishInSlices(work, {
    operation: 'Matte refinement',
    ...(signal && { signal }),
  });
  return tf.tensor4d(Float32Array.from(alpha), matte.shape);
}
