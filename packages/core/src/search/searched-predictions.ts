import * as tf from '@tensorflow/tfjs-core';
import { trimapFromLogits } from '../imaging/trimap';
import { searchedModels } from '../prediction/parts';
import { checkedLogits } from '../prediction/predict-matte';
import { alphaOf, networkView } from './network-views';
import type { ObjectiveInputs } from './objective-inputs';

/** What the searched networks say of portraits, where a loss needs it. */
export interface SearchedPredictions {
  /** Of the trimap model, `[B, H, W, 3]`. */
  readonly logits: tf.Tensor4D | undefined;
  /** One per searched model, `[B, H, W, 1]`. */
  readonly alphas: readonly (tf.Tensor4D | undefined)[];
}

/** Logits of the batch, and alpha by each searched model, where a loss needs them. */
export function searchedPredictions(
  { parts, options, portraits: inputs }: ObjectiveInputs,
  mirrored: boolean,
  portraits: tf.Tensor4D,
): SearchedPredictions {
  const { weights } = options;
  const aims = weights.agreement > 0 && inputs.some(({ target }) => target !== undefined);
  const models = searchedModels(parts);
  const readsAlpha =
    parts.discriminator !== undefined || aims || weights.alphaEntropy > 0 || weights.border > 0;
  const usesAlpha = models.map((model) => readsAlpha && model.differentiable === 'image');
  const needTrimap = models.some(({ needsTrimap }) => needsTrimap);
  const usesLogits =
    parts.trimap.differentiable === 'image' &&
    needTrimap &&
    (aims || weights.entropy > 0 || usesAlpha.includes(true));
  if (!usesLogits && !usesAlpha.includes(true)) {
    return { logits: undefined, alphas: models.map(() => undefined) };
  }
  const turned = (x: tf.Tensor4D) => (mirrored ? tf.reverse(x, 2) : x);
  const view = turned(networkView(portraits, options));
  const logits = needTrimap ? checkedLogits(parts.trimap, view) : undefined;
  const trimap = logits && trimapFromLogits(logits);
  return {
    logits: logits && usesLogits ? turned(logits) : undefined,
    alphas: models.map((model, i) =>
      usesAlpha[i] ? turned(alphaOf(model, options, view, trimap)) : undefined,
    ),
  };
}
