import * as tf from '@tensorflow/tfjs-core';
import { finishInSlices } from '../foreground/work';
import { trimapFromLogits } from '../imaging/trimap';
import type { AgreementTarget } from '../losses/agreement';
import { refineMatteWork } from '../matting/refine-matte';

/**
 * The fixed target with its matte fitted to the colours of the portrait (`refineMatte`), within the pixels that its
 * classes call unknown. The networks never see this matte: it is what the search moves their answer towards.
 *
 * @param image `[1, H, W, 3]`, what the target was made from
 * @param target its alpha is disposed
 * @throws AbortedError the signal fired; the target is as it was
 */
export async function refinedTarget<
  Target extends AgreementTarget & { readonly alpha: tf.Tensor4D },
>(image: tf.Tensor4D, target: Target, signal?: AbortSignal): Promise<Target> {
  const [, height, width] = image.shape;
  const trimap = tf.tidy(() => trimapFromLogits(target.classes));
  try {
    const [colors, matte, classes] = await Promise.all([
      image.data(),
      target.alpha.data(),
      trimap.data(),
    ]);
    const { alpha } = await finishInSlices(
      refineMatteWork(colors, matte, classes, width, height),
      signal && { signal },
    );
    const refined = tf.tensor4d(Float32Array.from(alpha), target.alpha.shape);
    target.alpha.dispose();
    return { ...target, alpha: refined };
  } finally {
    trimap.dispose();
  }
}
