import * as tf from '@tensorflow/tfjs-core';
import { trimapFromLogits } from '../imaging/trimap';
import type { FixedTarget } from '../losses/agreement';
import { type BorderTarget, borderTarget } from '../losses/border';
import type { TrustedTarget } from '../prediction/fixed-target';
import { type Parts, searchedModels } from '../prediction/parts';
import { checkedAlpha, checkedLogits } from '../prediction/predict-matte';
import { unknownRegion } from '../prediction/predictions-over-views';
import type { SearchSettings } from '../search/options';

/** What a search aims at and where, which stays the same over its steps. */
export interface FixedAims {
  readonly target: FixedTarget | undefined;
  /** Edges of what the trimap of the input calls unknown, for each searched model. */
  readonly borders: BorderTarget[] | undefined;
  /** Pixels over which the entropies are averaged, `[1, H, W, 1]`. */
  readonly entropyRegion: tf.Tensor4D;
}

/**
 * @param input the portrait as the networks see it, `[1, H, W, 3]`. @param mask 1 on its content, `[1, H, W, 1]`
 * @param keep is given every tensor that is made here
 */
export function fixedAims(
  parts: Parts,
  settings: SearchSettings,
  input: tf.Tensor4D,
  mask: tf.Tensor4D,
  target: TrustedTarget | undefined,
  keep: <T extends tf.Tensor>(tensor: T) => T,
): FixedAims {
  return {
    target: lossTarget(parts, settings, target),
    borders: borders(parts, settings, input, mask, keep),
    entropyRegion: entropyRegion(parts, settings, input, mask, target, keep),
  };
}

function lossTarget(
  parts: Parts,
  { weights }: SearchSettings,
  target: TrustedTarget | undefined,
): FixedTarget | undefined {
  if (target === undefined || weights.agreement === 0) return undefined;
  const { alpha, classes, region } = target;
  const models = searchedModels(parts);
  // A model that uses no trimap gains nothing from a better one.
  return {
    ...(models.some(({ differentiable }) => differentiable === 'image') && { alpha }),
    ...(models.some(({ needsTrimap }) => needsTrimap) && { classes }),
    region,
  };
}

function borders(
  parts: Parts,
  { weights }: SearchSettings,
  input: tf.Tensor4D,
  mask: tf.Tensor4D,
  keep: (tensor: tf.Tensor) => unknown,
): BorderTarget[] | undefined {
  if (weights.border === 0) return undefined;
  const found = tf.tidy(() => {
    const classes = trimapFromLogits(checkedLogits(parts.trimap, input));
    return searchedModels(parts).map((model) =>
      borderTarget(classes, checkedAlpha(model, input, classes), mask),
    );
  });
  for (const tensor of found.flatMap(Object.values)) keep(tensor);
  return found;
}

function entropyRegion(
  { trimap }: Parts,
  { entropyRegion, weights }: SearchSettings,
  input: tf.Tensor4D,
  mask: tf.Tensor4D,
  target: TrustedTarget | undefined,
  keep: <T extends tf.Tensor>(tensor: T) => T,
): tf.Tensor4D {
  const isRead = weights.entropy > 0 || weights.alphaEntropy > 0;
  if (entropyRegion === 'image' || !isRead) return mask;
  return target?.region ?? keep(unknownRegion(trimap, input, mask));
}
