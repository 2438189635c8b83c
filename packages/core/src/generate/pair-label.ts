import * as tf from '@tensorflow/tfjs-core';
import type { FloatImage } from '../contracts';
import { frameTensor, imageAtSource } from '../imaging/image-letterbox';
import { contentMask } from '../imaging/letterbox';
import { fixedTarget } from '../prediction/fixed-target';
import type { Parts } from '../prediction/parts';
import { assertFinite, matteFrame } from '../prediction/predict-matte';

/** Pseudo ground truth of a portrait, at its size. */
export interface PairLabel {
  /** One channel in [0, 1]. */
  readonly alpha: FloatImage;
  /** 0, 0.5 = unknown, 1. Alpha is exact where it is certain. */
  readonly trimap: FloatImage;
}

/**
 * The label of a pair: the mean matte of the optimised portrait over its views (mirror image, colour curves, windows),
 * fitted by closed-form matting to the colours of the portrait that it will be paired with, so that its edges are where
 * that one has them.
 *
 * @param shown the portrait of the pair, the size of `optimized`
 * @throws ModelOutputError a model returned NaN, infinity or a wrong shape
 * @throws AbortedError the signal fired
 */
export async function refinedLabel(
  { trimap, reference }: Pick<Parts, 'trimap' | 'reference'>,
  optimized: FloatImage,
  shown: FloatImage,
  signal?: AbortSignal,
): Promise<PairLabel> {
  const box = matteFrame([optimized.height, optimized.width], trimap, reference);
  const input = frameTensor(optimized, box);
  const made: tf.Tensor[] = [input];
  try {
    const colors = frameTensor(shown, box);
    const mask = contentMask(box);
    made.push(colors, mask);
    const target = await fixedTarget('refined', trimap, reference, input, mask, signal, colors);
    made.push(target.alpha, target.classes, target.region, target.trust);
    await assertFinite(trimap.name, 'logits', target.classes);
    await assertFinite(reference.name, 'alpha', target.alpha);
    return labelOf(await imageAtSource(target.alpha, box), await imageAtSource(target.region, box));
  } finally {
    tf.dispose(made);
  }
}

/** @param region above 0 where nothing is certain */
function labelOf(alpha: FloatImage, region: FloatImage): PairLabel {
  const data = alpha.data.map((value, p) => (region.data[p]! > 0 ? 0.5 : value < 0.5 ? 0 : 1));
  return {
    alpha: { ...alpha, data: alpha.data.map((value, p) => (data[p] === 0.5 ? value : data[p]!)) },
    trimap: { ...alpha, data },
  };
}
