import type * as tf from '@tensorflow/tfjs-core';
import type { Fixture } from './fixture';
import { type Measurement, valuesOf } from './measurement';

/**
 * Compares the most likely class of each pixel with the stored one. Pixels whose two best classes are nearer to each
 * other than `tolerance` may differ.
 *
 * @param logits `[1, H, W, C]`
 * @returns the number of pixels that differ and should not
 */
export async function argmaxError(
  fixture: Fixture,
  name: string,
  logits: tf.Tensor4D,
  tolerance: number,
): Promise<Measurement> {
  const classes = logits.shape[3];
  const values = await valuesOf(logits);
  const reference = fixture.bytes(name);
  let wrong = 0;
  for (let pixel = 0; pixel < reference.length; pixel++) {
    const ranked = Array.from({ length: classes }, (_, c) => c).sort(
      (a, b) => values[pixel * classes + b]! - values[pixel * classes + a]!,
    );
    const [best, next] = ranked as [number, number];
    const margin = values[pixel * classes + best]! - values[pixel * classes + next]!;
    // NaN has no margin, and is wrong.
    if (best !== reference[pixel] && !(margin <= tolerance)) wrong++;
  }
  return { name, error: wrong, tolerance: 0 };
}
