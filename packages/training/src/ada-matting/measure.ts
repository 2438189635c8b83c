import type { RasterImage } from '@latent-matte/core';
import { trimapFromAlpha } from '@latent-matte/core/ops';
import type { AdaMatting } from '@latent-matte/models';
import * as tf from '@tensorflow/tfjs-core';
import type { PackedPairs } from './packed-pairs';

/** How far the given trimap reaches beyond the true edge, pixels of the pictures that are measured. */
const DILATION = 10;
/** As in the loss: alpha this near to 0 or 1 counts as certain. */
const CERTAIN = 0.02;

/** Means over held-out pictures, of the pixels that the given trimap calls unknown. */
export interface AdaFigures {
  readonly pictures: number;
  /** Share of the pixels whose class is not that of the true alpha. */
  readonly classErrors: { readonly given: number; readonly adapted: number };
  /** Sum of |α − α*| in thousands: the estimate alone, and with the adapted trimap deciding first. */
  readonly sad: { readonly given: number; readonly adapted: number };
  /** Pictures where the adapted trimap has fewer wrong classes than the given one. */
  readonly better: number;
  readonly worstAdapted: number;
}

const classOf = (alpha: number): 0 | 1 | 2 => (alpha < CERTAIN ? 0 : alpha > 1 - CERTAIN ? 2 : 1);

/** What the adaptation of the trimap is worth: against the given, dilated one, over the first `count` pictures. */
export async function measureAdaptation(
  network: AdaMatting,
  pairs: PackedPairs,
  count: number,
): Promise<AdaFigures> {
  const sums = { given: 0, adapted: 0, sadGiven: 0, sadAdapted: 0 };
  let better = 0;
  let worstAdapted = 0;
  let pictures = 0;
  for (let i = 0; i < Math.min(count, pairs.length); i++) {
    const { image, alpha } = await pairs.load(i);
    const one = await measureOne(network, image, alpha);
    if (one === undefined) continue;
    pictures++;
    if (one.adapted < one.given) better++;
    worstAdapted = Math.max(worstAdapted, one.adapted);
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += one[name];
  }
  const mean = (name: keyof typeof sums) => sums[name] / pictures;
  return {
    pictures,
    classErrors: { given: mean('given'), adapted: mean('adapted') },
    sad: { given: mean('sadGiven'), adapted: mean('sadAdapted') },
    better,
    worstAdapted,
  };
}

/** @returns undefined where nothing is unknown */
async function measureOne(network: AdaMatting, image: RasterImage, alpha: RasterImage) {
  const { width, height } = alpha;
  const truth = Float32Array.from(alpha.data, (value) => value / 255);
  const trimap = trimapFromAlpha(truth, width, height, DILATION, DILATION);
  const answer = tf.tidy(() => {
    const input = {
      image: tf.tensor4d(
        Float32Array.from(image.data, (v) => v / 255),
        [1, height, width, 3],
      ),
      trimap: tf.tensor4d(
        Float32Array.from(trimap, (v) => v / 2),
        [1, height, width, 1],
      ),
    };
    const { logits, alpha } = network.answer(input);
    return [tf.argMax(logits, 3), alpha] as const;
  });
  const [classes, estimate] = [await answer[0].data(), await answer[1].data()];
  tf.dispose([...answer]);
  const found = { given: 0, adapted: 0, sadGiven: 0, sadAdapted: 0 };
  let unknown = 0;
  for (let p = 0; p < truth.length; p++) {
    if (trimap[p] !== 1) continue;
    unknown++;
    const right = classOf(truth[p]!);
    if (right !== 1) found.given++;
    if (right !== classes[p]) found.adapted++;
    const decided = classes[p] === 1 ? estimate[p]! : classes[p]! / 2;
    found.sadGiven += Math.abs(estimate[p]! - truth[p]!) / 1000;
    found.sadAdapted += Math.abs(decided - truth[p]!) / 1000;
  }
  if (unknown === 0) return undefined;
  return { ...found, given: found.given / unknown, adapted: found.adapted / unknown };
}
