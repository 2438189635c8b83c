import * as tf from '@tensorflow/tfjs-core';
import { finishInSlices } from '../foreground/work';
import { trimapFromLogits } from '../imaging/trimap';
import type { AgreementTarget } from '../losses/agreement';
import { refineMatteWork } from '../matting/refine-matte';
import type { MattingModel, TrimapModel } from '../spec';
import { agreementTarget } from './augmented-predictions';
import type { EnhanceOptions } from './types';

export type FixedTarget = AgreementTarget & { readonly alpha: tf.Tensor4D };

/**
 * What the agreement loss and the selection aim at, made once from the input: the mean over views, whose matte
 * `'refined'` fits to the colours of the input, within the pixels that the mean calls unknown.
 *
 * @param image `[1, H, W, 3]`. @param mask `[1, H, W, 1]`, 1 on the content of the letterbox
 * @returns tensors owned by the caller
 * @throws AbortedError the signal fired
 */
export async function fixedTarget(
  kind: NonNullable<EnhanceOptions['target']>,
  trimapModel: TrimapModel,
  mattingModel: MattingModel,
  image: tf.Tensor4D,
  mask: tf.Tensor4D,
  signal?: AbortSignal,
): Promise<FixedTarget> {
  const views = agreementTarget(trimapModel, mattingModel, image, mask);
  if (kind === 'views') return views;
  try {
    const alpha = await refinedAlpha(image, views, signal);
    views.alpha.dispose();
    return { ...views, alpha };
  } catch (error) {
    tf.dispose([views.alpha, views.classes, views.region]);
    throw error;
  }
}

async function refinedAlpha(
  image: tf.Tensor4D,
  views: FixedTarget,
  signal: AbortSignal | undefined,
): Promise<tf.Tensor4D> {
  const [, height, width] = image.shape;
  const trimap = tf.tidy(() => trimapFromLogits(views.classes));
  try {
    const [colors, matte, classes] = await Promise.all([
      image.data(),
      views.alpha.data(),
      trimap.data(),
    ]);
    const { alpha } = await finishInSlices(
      refineMatteWork(colors, matte, classes, width, height),
      signal && { signal },
    );
    return tf.tensor4d(Float32Array.from(alpha), views.alpha.shape);
  } finally {
    trimap.dispose();
  }
}
