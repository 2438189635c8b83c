import type * as tf from '@tensorflow/tfjs-core';
import type { MattingModel } from '../contracts';
import { overwriteKnown, trimapClasses } from '../imaging/trimap-classes';
import { blockMeans } from '../losses/block-means';
import { resize } from '../ops/resize';
import { checkedAlpha } from '../prediction/predict-matte';
import type { SearchSettings } from './options';

/** Alpha of a picture at the size of the networks, known pixels as the options say. */
export function alphaOf(
  model: MattingModel,
  { known }: Pick<SearchSettings, 'known'>,
  view: tf.Tensor4D,
  trimap: tf.Tensor4D | undefined,
): tf.Tensor4D {
  const alpha = checkedAlpha(model, view, trimap);
  if (known === 'model' || trimap === undefined) return alpha;
  return overwriteKnown(alpha, trimapClasses(trimap));
}

/** A portrait as the trimap and the matting model see it. Differentiable. */
export function networkView(
  portrait: tf.Tensor4D,
  { networkSize }: Pick<SearchSettings, 'networkSize'>,
): tf.Tensor4D {
  return networkSize === undefined ? portrait : resize(portrait, networkSize, 'bicubic');
}

/** A portrait as the perceptual model sees it. Differentiable. */
export function perceptualView(
  portrait: tf.Tensor4D,
  { perceptualSize }: Pick<SearchSettings, 'perceptualSize'>,
): tf.Tensor4D {
  return perceptualSize === 0 ? portrait : blockMeans(portrait, perceptualSize);
}
