import * as tf from '@tensorflow/tfjs-core';
import type { LatentCode } from '../contracts';
import { ModelOutputError } from '../errors';
import { stopGradient } from '../ops/stop-gradient';
import type { Formula } from '../ops/webgpu/elementwise';
import { sumOf } from '../ops/webgpu/sum-of';
import { searchedModels } from '../prediction/parts';
import { notFinite } from '../prediction/predict-matte';
import { askInSearch } from './ask-in-search';
import { lossTerms } from './loss-terms';
import type { ObjectiveInputs, PortraitInputs, StepInputs, StepScene } from './objective-inputs';
import type { LossValues, LossWeights } from './options';
import { portraitGradients, WHOLE_TAPE_PIXELS } from './portrait-gradients';
import { type SearchedPredictions, searchedPredictions } from './searched-predictions';

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
    const { logits, alphas } = askInSearch(inputs.options.steps, 'gradient', () =>
      searchedPredictions(inputs, step.mirrored, visible),
    );
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
interface Predicted extends SearchedPredictions {
  readonly made: tf.Tensor4D;
  /** As the losses see it. */
  readonly visible: tf.Tensor4D;
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
  const terms = lossTerms(inputs, portrait, scene, visible, predicted);
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
