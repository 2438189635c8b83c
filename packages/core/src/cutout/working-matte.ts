import * as tf from '@tensorflow/tfjs-core';
import type { FloatImage, MattingModel, TrimapModel } from '../contracts';
import { clipUnit } from '../imaging/clip-unit';
import { frameTensor } from '../imaging/image-letterbox';
import { frameFor, type Letterbox } from '../imaging/letterbox';
import type { Picture } from '../imaging/picture-rows';
import { trimapFromLogits } from '../imaging/trimap';
import {
  assertAlpha,
  assertLogits,
  checkedAlpha,
  checkedLogits,
  matteFrame,
} from '../prediction/predict-matte';
import { type QuarterTurns, quarterTurned, turnsBack } from './quarter-turn';

/** The matte at the size at which the networks looked, and what they saw. */
export interface WorkingMatte {
  /** In [0, 1], one channel. */
  readonly alpha: FloatImage;
  /** RGB, the same size. */
  readonly colors: FloatImage;
}

/** The frame in which the models look at a photo, its longest side at most `workingSize`. */
export function cutOutFrame(
  size: readonly [height: number, width: number],
  matting: MattingModel,
  trimap: TrimapModel | undefined,
  workingSize: number,
): Letterbox {
  const rule = limited(matting.input, workingSize);
  return trimap === undefined
    ? frameFor(size, rule)
    : matteFrame(size, { input: limited(trimap.input, workingSize) }, { input: rule });
}

/** A model that sees nothing smaller than its own least size keeps that. */
function limited<Rule extends { readonly min: number; readonly max: number }>(
  rule: Rule,
  limit: number,
): Rule {
  return { ...rule, max: Math.max(rule.min, Math.min(rule.max, limit)) };
}

/**
 * One forward pass over the photo in its frame.
 *
 * @param photo RGB
 * @param turns by which the frame is turned for the models; what they say is turned back
 * @throws ModelOutputError a wrong shape, NaN, infinity, or values far from [0, 1]
 */
export async function workingMatte(
  photo: Picture,
  box: Letterbox,
  matting: MattingModel,
  trimapModel: TrimapModel | undefined,
  turns: QuarterTurns = 0,
): Promise<WorkingMatte> {
  const framed = frameTensor(photo, box);
  const shown = quarterTurned(framed, turns);
  const made: tf.Tensor[] = [framed, shown];
  try {
    let trimap: tf.Tensor4D | undefined;
    if (trimapModel !== undefined) {
      const logits = tf.tidy(() => checkedLogits(trimapModel, shown));
      made.push(logits);
      await assertLogits(trimapModel.name, logits);
      trimap = tf.tidy(() => trimapFromLogits(logits));
      made.push(trimap);
    }
    const seen = tf.tidy(() => checkedAlpha(matting, shown, trimap));
    made.push(seen);
    await assertAlpha(matting.name, seen);
    const alpha = quarterTurned(seen, turnsBack(turns));
    made.push(alpha);
    return await workingMatteOf(framed, alpha, box);
  } finally {
    tf.dispose(made);
  }
}

/**
 * {@link workingMatte} of what a network has answered already.
 *
 * @param framed `[1, H, W, 3]`. @param alpha `[1, H, W, 1]`, as the network answered; neither is disposed
 */
export async function workingMatteOf(
  framed: tf.Tensor4D,
  alpha: tf.Tensor4D,
  box: Letterbox,
): Promise<WorkingMatte> {
  const [colors, values] = await Promise.all([contentOf(framed, box, 3), contentOf(alpha, box, 1)]);
  return { colors, alpha: { ...values, data: values.data.map(clipUnit) } };
}

/** The part of a frame that is the photo. @param x `[1, H, W, C]`; not disposed */
export async function contentOf(
  x: tf.Tensor4D,
  box: Letterbox,
  channels: 1 | 3,
): Promise<FloatImage> {
  const [height, width] = box.content;
  const content = tf.tidy(() =>
    tf.slice(x, [0, box.top, box.left, 0], [1, height, width, channels]),
  );
  try {
    return { width, height, channels, data: (await content.data()) as Float32Array };
  } finally {
    content.dispose();
  }
}
