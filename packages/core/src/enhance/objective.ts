import * as tf from '@tensorflow/tfjs-core';
import { ModelOutputError } from '../errors';
import { composite } from '../imaging/composite';
import { trimapFromLogits } from '../imaging/trimap';
import { type AgreementTarget, agreementLoss } from '../losses/agreement';
import { compositionalLoss } from '../losses/compositional';
import { consistencyLoss } from '../losses/consistency';
import { entropyLoss } from '../losses/entropy';
import { perceptualLoss } from '../losses/perceptual';
import { inSegments } from '../optimizer/in-segments';
import { portraitGradients } from '../optimizer/portrait-gradients';
import type { Discriminator, Generator, LatentCode, PortraitLayers } from '../spec';
import type { MovedLatents } from './moved-latents';
import type { Parts } from './parts';
import { checkedAlpha, checkedLogits, checkShape, notFinite } from './predict-matte';
import type { ResolvedOptions } from './settings';
import type { LossValues, LossWeights } from './types';

/** Largest scene whose discriminator is recorded in one piece. */
const WHOLE_TAPE_PIXELS = 256 * 256;

/** Constants of one run: computed once from the input. */
export interface ObjectiveInputs {
  readonly generator: Generator;
  readonly moved: MovedLatents;
  /** The generator's portrait as the losses see it. */
  readonly look: (portrait: tf.Tensor4D) => tf.Tensor4D;
  readonly parts: Parts;
  readonly options: ResolvedOptions;
  /** The working portrait, `[1, H, W, 3]`, at the size of the losses, as everything here. */
  readonly input: tf.Tensor4D;
  /** 1 on the content of the letterbox, `[1, H, W, 1]`. */
  readonly mask: tf.Tensor4D;
  /** Pixels over which the entropy is averaged, `[1, H, W, 1]`. */
  readonly entropyRegion: tf.Tensor4D;
  readonly target: AgreementTarget | undefined;
  /** `V(I)`, when the perceptual loss is on. */
  readonly inputFeatures: tf.Tensor4D | undefined;
  /** The true alpha to estimate F with, `[1, H, W, 1]`, when it is known. */
  readonly trueAlpha: tf.Tensor4D | undefined;
}

/** What changes from step to step. */
export interface StepInputs {
  /** Show the networks the mirror image; their predictions are mirrored back. */
  readonly mirrored: boolean;
  /** A random background `[1, H, W, 3]`, when the compositional loss is on. */
  readonly background: tf.Tensor4D | undefined;
  /** Layers of the previous portrait, for estimators without gradient. */
  readonly layers: PortraitLayers | undefined;
}

/** The objective at one code. Tensors are owned by the caller. */
export interface Evaluation {
  readonly total: number;
  readonly losses: LossValues;
  readonly meanSquaredChange: number;
  /** One per tensor of `moved`; empty when no gradient was asked for. */
  readonly gradients: tf.Tensor[];
  readonly portrait: tf.Tensor4D;
  /** Matte of the working portrait; absent when no loss needs it. */
  readonly alpha: tf.Tensor4D | undefined;
}

/**
 * λ1 L_em + λ2 L_ca + λ3 L_pc + λ4 L_pp (paper Eq. 2) plus the agreement term, and its gradient with respect
 * to the latent code.
 */
export async function evaluateObjective(
  inputs: ObjectiveInputs,
  step: StepInputs,
  code: LatentCode,
  withGradients: boolean,
): Promise<Evaluation> {
  const names: (keyof LossWeights)[] = [];
  const kept: { portrait?: tf.Tensor4D; alpha?: tf.Tensor4D; terms?: tf.Tensor1D } = {};

  const loss = (portrait: tf.Tensor4D): tf.Scalar => {
    const visible = inputs.look(tf.clipByValue(portrait, 0, 1) as tf.Tensor4D);
    const { terms, alpha } = lossTerms(inputs, step, visible);
    names.push(...(Object.keys(terms) as (keyof LossWeights)[]));
    const values = Object.values(terms) as tf.Scalar[];
    const weighted = names.map((name, i) => tf.mul(values[i], inputs.options.weights[name]));
    const total = (
      weighted.length > 0 ? tf.addN(weighted) : tf.mul(tf.sum(portrait), 0)
    ) as tf.Scalar;
    const change = tf.mean(tf.square(tf.sub(visible, inputs.input)));
    kept.portrait = tf.keep(tf.clone(visible));
    kept.alpha = alpha === undefined ? undefined : tf.keep(tf.clone(alpha));
    // NaN exactly when some value of the portrait is not finite: clipping hides that on wasm.
    const probe = tf.sum(tf.mul(portrait, 0));
    kept.terms = tf.keep(tf.stack([total, change, probe, ...values]) as tf.Tensor1D);
    return total;
  };

  let gradients: tf.Tensor[] = [];
  try {
    if (withGradients) {
      const found = portraitGradients(
        inputs.generator,
        inputs.moved.of(code),
        (part) => inputs.moved.replace(code, inputs.moved.tensors(part)),
        loss,
      );
      found.portrait.dispose();
      gradients = found.gradients;
    } else tf.dispose(tf.tidy(() => loss(inputs.generator.synthesize(code))));
    const [total, change, probe, ...values] = await (kept.terms as tf.Tensor1D).data();
    if (probe !== 0) throw notFinite(inputs.generator.name, 'portrait');
    assertFiniteLosses(inputs, names, values);
    return {
      total,
      losses: Object.fromEntries(names.map((name, i) => [name, values[i]])),
      meanSquaredChange: change,
      gradients,
      portrait: kept.portrait as tf.Tensor4D,
      alpha: kept.alpha,
    };
  } catch (error) {
    tf.dispose([...gradients, ...[kept.portrait, kept.alpha].filter((t) => t !== undefined)]);
    throw error;
  } finally {
    kept.terms?.dispose();
  }
}

function lossTerms(
  inputs: ObjectiveInputs,
  step: StepInputs,
  portrait: tf.Tensor4D,
): { terms: Partial<Record<keyof LossWeights, tf.Scalar>>; alpha: tf.Tensor4D | undefined } {
  const { parts, options, mask } = inputs;
  const { weights } = options;
  const terms: Partial<Record<keyof LossWeights, tf.Scalar>> = {};
  const usesAlpha =
    parts.reference.differentiable === 'image' &&
    (parts.discriminator !== undefined || weights.agreement > 0);
  const usesLogits =
    parts.trimap.differentiable === 'image' &&
    (weights.entropy > 0 || weights.agreement > 0 || (usesAlpha && parts.reference.needsTrimap));

  const look = (x: tf.Tensor4D) => (step.mirrored ? tf.reverse(x, 2) : x);
  const view = look(portrait);
  const viewLogits = usesLogits || usesAlpha ? checkedLogits(parts.trimap, view) : undefined;
  const logits = usesLogits && viewLogits !== undefined ? look(viewLogits) : undefined;
  const alpha =
    usesAlpha && viewLogits !== undefined
      ? look(checkedAlpha(parts.reference, view, trimapFromLogits(viewLogits)))
      : undefined;
  if (weights.entropy > 0 && logits !== undefined) {
    terms.entropy = entropyLoss(logits, inputs.entropyRegion);
  }
  if (parts.discriminator !== undefined && alpha !== undefined && step.background !== undefined) {
    const layers =
      step.layers ??
      (parts.foreground.estimate(portrait, inputs.trueAlpha ?? alpha) as PortraitLayers);
    const scene = composite(layers.foreground, step.background, alpha);
    const { discriminator } = parts;
    const score = checkShape(discriminator.name, 'a score', scoreOf(discriminator, scene), [1, 1]);
    terms.compositional = compositionalLoss(score);
  }
  if (weights.consistency > 0) {
    terms.consistency = consistencyLoss(portrait, inputs.input, options.fidelityReduction, mask);
  }
  if (parts.perceptual !== undefined && inputs.inputFeatures !== undefined) {
    terms.perceptual = perceptualLoss(
      parts.perceptual,
      portrait,
      inputs.inputFeatures,
      options.fidelityReduction,
    );
  }
  if (weights.agreement > 0 && inputs.target !== undefined && logits !== undefined) {
    terms.agreement = agreementLoss(inputs.target, logits, alpha);
  }
  return { terms, alpha };
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
  const culprits: Record<keyof LossWeights, string> = {
    entropy: parts.trimap.name,
    compositional: `${parts.reference.name}" or "${parts.discriminator?.name}`,
    consistency: 'the generator',
    perceptual: parts.perceptual?.name ?? '',
    agreement: `${parts.trimap.name}" or "${parts.reference.name}`,
  };
  throw new ModelOutputError(
    `The ${names[bad]} loss became ${values[bad]}: model "${culprits[names[bad]]}" returned NaN or infinity.`,
    'Check its weights and its input range, or lower the learning rate.',
  );
}
