import {
  type Differentiability,
  type InputSizeRule,
  InvalidOptionError,
  type MattingModel,
  type TrimapModel,
} from '@latent-matte/core';
import { resize, stopGradient } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { roundedSides } from '../layers';
import type { FeatureMap } from '../layers/feature-map';

/** RGB `[N, H, W, 3]` in [0, 1] → where the person is, `[N, h, w, 1]` in [0, 1], of any size. */
export type PriorMap = (image: FeatureMap) => FeatureMap;

/** Another network's opinion: its map, or a model that needs nothing but the picture. */
export type Prior = PriorMap | TrimapModel | MattingModel;

/**
 * A prior as a map of the size of the picture. A model sees the picture at the nearest size that its `input` allows.
 * Gradients flow through it unless the model says that it has none.
 *
 * @throws InvalidOptionError a model that needs a trimap
 */
export function priorMap(prior: Prior): PriorMap {
  const map = mapOf(prior);
  return (image) => resize(map(image), [image.shape[1], image.shape[2]], 'bilinear');
}

function mapOf(prior: Prior): PriorMap {
  if (typeof prior === 'function') return prior;
  if ('logits' in prior) return atItsSize(prior, (image) => personOf(prior.logits(image)));
  if (!prior.needsTrimap) return atItsSize(prior, (image) => prior.alpha({ image }));
  throw new InvalidOptionError(
    `"${prior.name}" needs a trimap and cannot be a prior.`,
    'Use a trimap model, or a matting model without a trimap.',
  );
}

function atItsSize(
  { input, differentiable }: { input: InputSizeRule; differentiable: Differentiability },
  map: PriorMap,
): PriorMap {
  const run = (image: FeatureMap) => map(resize(image, sizeFor(image, input), 'area'));
  return differentiable === 'image' ? run : (image) => stopGradient(() => run(image));
}

/** The size of the picture with its longest side within the rule, both sides multiples. */
function sizeFor(image: FeatureMap, { multipleOf, min, max }: InputSizeRule): [number, number] {
  const [, height, width] = image.shape;
  const scale = Math.min(1, max / Math.max(height, width));
  const round = (steps: number) => Math.max(Math.ceil(min / multipleOf), Math.round(steps * scale));
  return roundedSides(image, multipleOf, round);
}

/** P(foreground) + P(unknown) / 2, of logits of background, unknown, foreground. */
function personOf(logits: FeatureMap): FeatureMap {
  const shares = tf.softmax(logits);
  const weights = tf.tensor1d([0, 0.5, 1]);
  return tf.sum(tf.mul(shares, weights), 3, true);
}
