import * as tf from '@tensorflow/tfjs-core';
import type { Discriminator, MattingModel, PortraitLayers } from '../contracts';
import { composite } from '../imaging/composite';
import { agreementLoss } from '../losses/agreement';
import { type BorderTarget, borderLoss } from '../losses/border';
import { compositionalLoss } from '../losses/compositional';
import { consistencyLoss } from '../losses/consistency';
import { alphaEntropyLoss, entropyLoss } from '../losses/entropy';
import { perceptualLoss } from '../losses/perceptual';
import { resize } from '../ops/resize';
import { inSegments } from '../optimizer/in-segments';
import { type Parts, searchedModels } from '../prediction/parts';
import { checkShape } from '../prediction/predict-matte';
import { perceptualView } from './network-views';
import type { ObjectiveInputs, PortraitInputs, StepScene } from './objective-inputs';
import type { LossWeights } from './options';
import { WHOLE_TAPE_PIXELS } from './portrait-gradients';
import type { SearchedPredictions } from './searched-predictions';

/** The losses of one portrait, without their weights; those that are off or have nothing to look at are absent. */
export type LossTerms = Partial<Record<keyof LossWeights, tf.Scalar>>;

/**
 * @param portrait as the losses see it
 * @param predictions what the networks say of it
 */
export function lossTerms(
  { parts, options }: ObjectiveInputs,
  inputs: PortraitInputs,
  scene: StepScene,
  portrait: tf.Tensor4D,
  { logits, alphas }: SearchedPredictions,
): LossTerms {
  const { input, mask, entropyRegion, inputFeatures } = inputs;
  const { weights } = options;
  const terms: LossTerms = {};
  if (weights.entropy > 0 && logits !== undefined) {
    terms.entropy = entropyLoss(logits, entropyRegion);
  }
  if (weights.consistency > 0) {
    terms.consistency = consistencyLoss(portrait, input, options.fidelityReduction, mask);
  }
  if (parts.perceptual !== undefined && inputFeatures !== undefined) {
    terms.perceptual = perceptualLoss(
      parts.perceptual,
      perceptualView(portrait, options),
      inputFeatures,
      options.perceptualReduction === 'same'
        ? options.fidelityReduction
        : options.perceptualReduction,
    );
  }
  const ofModels = searchedModels(parts).map((model, i) =>
    modelTerms({ parts, weights }, inputs, scene, portrait, {
      model,
      logits: model.needsTrimap ? logits : undefined,
      alpha: alphas[i],
      border: inputs.borders?.[i],
    }),
  );
  return { ...terms, ...meanTerms(ofModels) };
}

/** One matting model, and what it says of a portrait. */
interface Opinion {
  readonly model: MattingModel;
  /** Of the trimap model, where this model is given its trimap. */
  readonly logits: tf.Tensor4D | undefined;
  readonly alpha: tf.Tensor4D | undefined;
  readonly border: BorderTarget | undefined;
}

/** The terms that look through one matting model. */
function modelTerms(
  { parts, weights }: { readonly parts: Parts; readonly weights: LossWeights },
  { entropyRegion, target, trueAlpha }: PortraitInputs,
  scene: StepScene,
  portrait: tf.Tensor4D,
  { model, logits, alpha, border }: Opinion,
): LossTerms {
  const terms: LossTerms = {};
  if (parts.discriminator !== undefined && alpha !== undefined && scene.background !== undefined) {
    const [, height, width] = portrait.shape;
    const opacity = resize(alpha, [height, width], 'bicubic');
    const layers =
      scene.layers ?? (parts.foreground.estimate(portrait, trueAlpha ?? opacity) as PortraitLayers);
    const composed = composite(layers.foreground, scene.background, opacity);
    const { discriminator } = parts;
    const score = scoreOf(discriminator, composed);
    terms.compositional = compositionalLoss(
      checkShape(discriminator.name, 'a score', score, [1, 1]),
    );
  }
  // A trimap without gradient cannot follow the target: then the matte alone does not either.
  const follows = model.needsTrimap ? logits : alpha;
  if (weights.agreement > 0 && target !== undefined && follows !== undefined) {
    terms.agreement = agreementLoss(target, logits, alpha);
  }
  if (weights.alphaEntropy > 0 && alpha !== undefined) {
    terms.alphaEntropy = alphaEntropyLoss(alpha, entropyRegion);
  }
  if (weights.border > 0 && border !== undefined && alpha !== undefined) {
    terms.border = borderLoss(border, alpha);
  }
  return terms;
}

/** Each term as the mean over the models that have it. */
function meanTerms(ofModels: readonly LossTerms[]): LossTerms {
  if (ofModels.length === 1) return ofModels[0];
  const mean: LossTerms = {};
  for (const name of new Set(
    ofModels.flatMap((terms) => Object.keys(terms) as (keyof LossWeights)[]),
  )) {
    const values = ofModels.flatMap((terms) => terms[name] ?? []);
    mean[name] = tf.div(tf.addN(values), values.length) as tf.Scalar;
  }
  return mean;
}

/** Large scenes piece by piece: the tape of a discriminator at 1024² alone would fill the memory of wasm. */
function scoreOf(discriminator: Discriminator, scene: tf.Tensor4D): tf.Tensor2D {
  const segments = discriminator.segments?.();
  const [, height, width] = scene.shape;
  return segments === undefined || height * width <= WHOLE_TAPE_PIXELS
    ? discriminator.score(scene)
    : inSegments<tf.Tensor2D>(segments, scene);
}
