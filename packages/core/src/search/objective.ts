import * as tf from '@tensorflow/tfjs-core';
import type {
  Discriminator,
  Generator,
  LatentCode,
  MattingModel,
  PortraitLayers,
} from '../contracts';
import { ModelOutputError } from '../errors';
import { composite } from '../imaging/composite';
import { trimapFromLogits } from '../imaging/trimap';
import type { MovedLatents } from '../latents/moved-latents';
import { agreementLoss, type FixedTarget } from '../losses/agreement';
import { type BorderTarget, borderLoss } from '../losses/border';
import { compositionalLoss } from '../losses/compositional';
import { consistencyLoss } from '../losses/consistency';
import { alphaEntropyLoss, entropyLoss } from '../losses/entropy';
import { perceptualLoss } from '../losses/perceptual';
import { resize } from '../ops/resize';
import { stopGradient } from '../ops/stop-gradient';
import type { Formula } from '../ops/webgpu/elementwise';
import { sumOf } from '../ops/webgpu/sum-of';
import { inSegments } from '../optimizer/in-segments';
import { type Parts, searchedModels } from '../prediction/parts';
import { checkedLogits, checkShape, notFinite } from '../prediction/predict-matte';
import { alphaOf, networkView, perceptualView } from './network-views';
import type { LossValues, LossWeights, SearchSettings } from './options';
import { portraitGradients } from './portrait-gradients';

/** Largest portraits, and scenes of the discriminator, that are recorded in one piece. */
const WHOLE_TAPE_PIXELS = 256 * 256;

/** Constants of one run, which moves one portrait or a batch of them. */
export interface ObjectiveInputs {
  readonly generator: Generator;
  readonly moved: MovedLatents;
  /** The generator's portraits as the losses see them. */
  readonly shown: (portraits: tf.Tensor4D) => tf.Tensor4D;
  readonly parts: Parts;
  readonly options: SearchSettings;
  /** One per portrait of the batch. */
  readonly portraits: readonly PortraitInputs[];
}

/** Constants of one portrait: computed once from the input. */
export interface PortraitInputs {
  /** The working portrait, `[1, H, W, 3]`, at the size of the losses, as everything here. */
  readonly input: tf.Tensor4D;
  /** Where the search starts: what the change is measured from. The input itself, where it starts there. */
  readonly origin: tf.Tensor4D;
  /** 1 on the content of the letterbox, `[1, H, W, 1]`. */
  readonly mask: tf.Tensor4D;
  /** Pixels over which the entropy is averaged, `[1, H, W, 1]`, at the size of the networks. */
  readonly entropyRegion: tf.Tensor4D;
  /** At the size of the networks. */
  readonly target: FixedTarget | undefined;
  /** What the border loss of each searched model is anchored to, when it is on. */
  readonly borders?: readonly BorderTarget[] | undefined;
  /** `V(I)`, of the input as {@link perceptualView} shows it, when the perceptual loss is on. */
  readonly inputFeatures: tf.Tensor4D | undefined;
  /** The true alpha to estimate F with, `[1, H, W, 1]`, when it is known. */
  readonly trueAlpha: tf.Tensor4D | undefined;
}

/** What changes from step to step. */
export interface StepInputs {
  /** Show the networks the mirror image; their predictions are mirrored back. */
  readonly mirrored: boolean;
  /** One per portrait of the batch. */
  readonly scenes: readonly StepScene[];
}

/** What a portrait is re-composited with at one step. */
export interface StepScene {
  /** A random background `[1, H, W, 3]`, when the compositional loss is on. */
  readonly background: tf.Tensor4D | undefined;
  /** Layers of the previous portrait, for estimators without gradient. */
  readonly layers: PortraitLayers | undefined;
}

/** The objective at one code. Tensors are owned by the caller. */
export interface Evaluation {
  /** One per tensor of `moved`; empty when no gradient was asked for. */
  readonly gradients: tf.Tensor[];
  /** One per portrait of the batch. */
  readonly portraits: readonly PortraitEvaluation[];
}

/** The objective for one portrait. */
export interface PortraitEvaluation {
  readonly total: number;
  readonly losses: LossValues;
  readonly meanSquaredChange: number;
  readonly portrait: tf.Tensor4D;
  /** The networks saw the mirror image; what they said is mirrored back. */
  readonly mirrored: boolean;
  /** Matte of the working portrait at the size of the networks; absent when no loss needs it. */
  readonly alpha: tf.Tensor4D | undefined;
}

/** An objective whose figures are still on the device. One of its functions has to be called, once. */
export interface ComputedObjective {
  /** As of {@link Evaluation}. */
  readonly gradients: readonly tf.Tensor[];
  /** What to read; of {@link evaluation}, which frees it. */
  readonly terms: readonly tf.Tensor[];
  /**
   * @param values of `terms`
   * @throws ModelOutputError a portrait or a loss is not finite
   */
  evaluation(values: readonly Float32Array[]): Evaluation;
  /** Frees all of it, where nothing could be read: in place of {@link evaluation}. */
  dispose(): void;
}

export function disposeEvaluation({ gradients, portraits }: Evaluation): void {
  tf.dispose(gradients);
  for (const portrait of portraits) disposeKept(portrait);
}

function disposeKept({ portrait, alpha }: Kept | PortraitEvaluation): void {
  for (const tensor of [portrait, alpha]) tensor?.dispose();
}

/** What the tape leaves behind of one portrait. */
interface Kept {
  readonly names: readonly (keyof LossWeights)[];
  readonly portrait: tf.Tensor4D;
  readonly alpha: tf.Tensor4D | undefined;
  /** Total, mean squared change, probe for NaN, then each term. */
  readonly terms: tf.Tensor1D;
}

/**
 * λ1 L_em + λ2 L_ca + λ3 L_pc + λ4 L_pp (paper Eq. 2) plus the agreement term, and its gradient with respect
 * to the latent code.
 *
 * In a batch every portrait has an objective of its own, and the gradient is that of their sum: latents of one do not
 * depend on the others. The generator and the matting networks see the batch at once; the discriminator, whose
 * statistics would mix its members, one scene at a time.
 */
export function computeObjective(
  inputs: ObjectiveInputs,
  step: StepInputs,
  code: LatentCode,
  withGradients: boolean,
): ComputedObjective {
  const kept: Kept[] = [];
  const loss = (made: tf.Tensor4D): tf.Scalar => {
    const seen = inputs.shown(made);
    const visible = inputs.options.clipPortrait ? clipped(seen) : seen;
    const predictions = predict(inputs, step.mirrored, visible);
    const { logits, alphas } = predictions;
    const totals = inputs.portraits.map((portrait, i) =>
      portraitLoss(inputs, portrait, step.scenes[i], kept, {
        made: member(made, i),
        visible: member(visible, i),
        logits: logits && member(logits, i),
        alphas: alphas.map((alpha) => alpha && member(alpha, i)),
      }),
    );
    return totals.length === 1 ? totals[0] : (tf.addN(totals) as tf.Scalar);
  };

  let gradients: tf.Tensor[] = [];
  const dispose = () => {
    tf.dispose(gradients);
    for (const portrait of kept) {
      disposeKept(portrait);
      portrait.terms.dispose();
    }
  };
  try {
    if (withGradients) {
      const found = portraitGradients(
        inputs.generator,
        inputs.moved.of(code),
        (part) => inputs.moved.replace(code, inputs.moved.tensors(part)),
        loss,
        // What a tape of the whole network holds grows with the batch.
        WHOLE_TAPE_PIXELS / inputs.portraits.length,
      );
      found.portrait.dispose();
      gradients = found.gradients;
    } else tf.dispose(tf.tidy(() => loss(inputs.generator.synthesize(code))));
    return {
      gradients,
      terms: kept.map(({ terms }) => terms),
      evaluation: (values) => evaluated(inputs, step, kept, gradients, values),
      dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** Consumes `kept` and `gradients`. @throws ModelOutputError a portrait or a loss is not finite */
function evaluated(
  inputs: ObjectiveInputs,
  { mirrored }: StepInputs,
  kept: readonly Kept[],
  gradients: tf.Tensor[],
  read: readonly Float32Array[],
): Evaluation {
  try {
    const portraits = kept.map(({ names, portrait, alpha }, i): PortraitEvaluation => {
      const [total, meanSquaredChange, probe, ...values] = read[i];
      if (probe !== 0) throw notFinite(inputs.generator.name, 'portrait');
      assertFiniteLosses(inputs, names, values);
      const losses = Object.fromEntries(names.map((name, k) => [name, values[k]]));
      return { total, losses, meanSquaredChange, portrait, mirrored, alpha };
    });
    return { gradients, portraits };
  } catch (error) {
    tf.dispose(gradients);
    for (const portrait of kept) disposeKept(portrait);
    throw error;
  } finally {
    for (const { terms } of kept) terms.dispose();
  }
}

const clipped = (x: tf.Tensor4D) => tf.clipByValue(x, 0, 1) as tf.Tensor4D;

/** One of a batch, as a batch of one. */
function member(batch: tf.Tensor4D, index: number): tf.Tensor4D {
  return batch.shape[0] === 1 ? batch : tf.slice(batch, index, 1);
}

/** One portrait of the batch, and what the networks say of it. */
interface Predicted {
  readonly made: tf.Tensor4D;
  /** As the losses see it. */
  readonly visible: tf.Tensor4D;
  readonly logits: tf.Tensor4D | undefined;
  /** One per searched model. */
  readonly alphas: readonly (tf.Tensor4D | undefined)[];
}

function portraitLoss(
  inputs: ObjectiveInputs,
  portrait: PortraitInputs,
  scene: StepScene,
  kept: Kept[],
  predicted: Predicted,
): tf.Scalar {
  const { made, visible, alphas } = predicted;
  const [alpha] = alphas;
  const terms = lossTerms(inputs, portrait, scene, predicted);
  const names = Object.keys(terms) as (keyof LossWeights)[];
  const values = Object.values(terms) as tf.Scalar[];
  const weighted = names.map((name, i) => tf.mul(values[i], inputs.options.weights[name]));
  const total = (weighted.length > 0 ? tf.addN(weighted) : tf.mul(tf.sum(made), 0)) as tf.Scalar;
  const shown = inputs.options.clipPortrait ? visible : clipped(visible);
  // What is read alone has no gradient.
  const [change, probe] = stopGradient(() => [
    sumOf(SQUARED_CHANGE, [shown, portrait.origin], 1 / shown.size) ??
      tf.mean(tf.square(tf.sub(shown, portrait.origin))),
    // NaN exactly when some value of the portrait is not finite: clipping hides that on wasm.
    sumOf(NOTHING, [made], 1, { nothing: 0 }) ?? tf.sum(tf.mul(made, 0)),
  ]);
  kept.push({
    names,
    portrait: tf.keep(tf.clone(shown)),
    alpha: alpha && tf.keep(tf.clone(alpha)),
    terms: tf.keep(tf.stack([total, change, probe, ...values]) as tf.Tensor1D),
  });
  return total;
}

const SQUARED_CHANGE: Formula = { name: 'squaredChange', wgsl: '(a - b) * (a - b)' };
const NOTHING: Formula = { name: 'nothing', wgsl: 'a * uniforms.nothing', numbers: ['nothing'] };

/** Logits of the batch, and alpha by each searched model, where a loss needs them. */
function predict(
  { parts, options, portraits: inputs }: ObjectiveInputs,
  mirrored: boolean,
  portraits: tf.Tensor4D,
): Pick<Predicted, 'logits' | 'alphas'> {
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

function lossTerms(
  { parts, options }: ObjectiveInputs,
  inputs: PortraitInputs,
  scene: StepScene,
  { visible: portrait, logits, alphas }: Predicted,
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

type LossTerms = Partial<Record<keyof LossWeights, tf.Scalar>>;

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

function assertFiniteLosses(
  { parts }: ObjectiveInputs,
  names: readonly (keyof LossWeights)[],
  values: readonly number[],
): void {
  const bad = names.findIndex((_, i) => !Number.isFinite(values[i]));
  if (bad < 0) return;
  const models = searchedModels(parts);
  const matting = models.map(({ name }) => name).join('" or "');
  const culprits: Record<keyof LossWeights, string> = {
    entropy: parts.trimap.name,
    compositional: `${matting}" or "${parts.discriminator?.name}`,
    consistency: 'the generator',
    perceptual: parts.perceptual?.name ?? '',
    agreement: models.some(({ needsTrimap }) => needsTrimap)
      ? `${parts.trimap.name}" or "${matting}`
      : matting,
    alphaEntropy: matting,
    border: matting,
  };
  throw new ModelOutputError(
    `The ${names[bad]} loss became ${values[bad]}: model "${culprits[names[bad]]}" returned NaN or infinity.`,
    'Check its weights and its input range, or lower the learning rate.',
  );
}
