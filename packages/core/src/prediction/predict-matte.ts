import * as tf from '@tensorflow/tfjs-core';
import type { AlphaAndLogits, MattingModel, TrimapModel } from '../contracts';
import { ModelOutputError } from '../errors';
import { frameFor, intoLetterbox, type Letterbox, outOfLetterbox } from '../imaging/letterbox';
import { trimapFromLogits } from '../imaging/trimap';

/** Tensors of one matte, `[1, H, W, ·]` at the size of the portrait they were asked for. */
export interface MatteTensors {
  readonly alpha: tf.Tensor4D;
  readonly trimap: tf.Tensor4D;
  /** Entropy is measured on these: `[1, H, W, 3]`. */
  readonly logits: tf.Tensor4D;
}

/** Logits with their shape checked. @throws ModelOutputError */
export function checkedLogits(model: TrimapModel, image: tf.Tensor4D): tf.Tensor4D {
  return checkShape(model.name, 'logits', model.logits(image), [...image.shape.slice(0, 3), 3]);
}

/** Alpha with its shape checked. @param trimap where the model needs one. @throws ModelOutputError */
export function checkedAlpha(
  model: MattingModel,
  image: tf.Tensor4D,
  trimap: tf.Tensor4D | undefined,
): tf.Tensor4D {
  const alpha = model.alpha(model.needsTrimap && trimap ? { image, trimap } : { image });
  return checkShape(model.name, 'alpha', alpha, [...image.shape.slice(0, 3), 1]);
}

/**
 * What both models say of a picture: by one pass, where they are questions to one network.
 *
 * @throws ModelOutputError
 */
export function alphaAndLogits(
  trimapModel: TrimapModel,
  mattingModel: MattingModel,
  image: tf.Tensor4D,
): AlphaAndLogits {
  const shape = image.shape.slice(0, 3);
  const both = mattingModel.alphaAndLogits?.(image, trimapModel);
  if (both !== undefined) {
    checkShape(trimapModel.name, 'logits', both.logits, [...shape, 3]);
    checkShape(mattingModel.name, 'alpha', both.alpha, [...shape, 1]);
    return both;
  }
  const logits = checkedLogits(trimapModel, image);
  const trimap = mattingModel.needsTrimap ? trimapFromLogits(logits) : undefined;
  return { logits, alpha: checkedAlpha(mattingModel, image, trimap) };
}

/** @throws ModelOutputError when a model's answer has another shape */
export function checkShape<T extends tf.Tensor>(
  name: string,
  what: string,
  tensor: T,
  expected: readonly number[],
): T {
  const shape: readonly number[] | undefined = tensor?.shape;
  if (shape?.length !== expected.length || expected.some((size, i) => size !== shape[i])) {
    throw new ModelOutputError(
      `Model "${name}" returned ${what} of shape [${shape?.join(', ') ?? 'nothing'}].`,
      `It must return [${expected.join(', ')}].`,
    );
  }
  return tensor;
}

/** @throws ModelOutputError when a tensor holds NaN or infinity */
export async function assertFinite(name: string, what: string, tensor: tf.Tensor): Promise<void> {
  // Σ 0·x is NaN exactly when some x is not finite.
  const probe = tf.tidy(() => tf.sum(tf.mul(tensor, 0)));
  const [value] = await probe.data();
  probe.dispose();
  if (value !== 0) {
    throw notFinite(name, what);
  }
}

/** Beyond [0, 1] by more than resizing and rounding. */
const STRAY = 0.25;
/** What a sigmoid makes of 0 and of 1. */
const SIGMOID_OF_ALPHA = [0.5, 0.7311] as const;
/** What a softmax makes of the probabilities (1, 0) and (0, 1): the sigmoid of −1 and of 1. */
const SOFTMAX_OF_ALPHA = [0.2689, 0.7311] as const;
/** A model trained on levels of 0…255 that hardly sees anyone is above this, logits are below. */
const FEWEST_LEVELS = 32;

/**
 * Refuses what is no alpha: NaN, levels of 0…255, logits, values of −1…1, and alphas that went through a sigmoid or a
 * softmax once more, which all lie between 0.5 (0.2689) and 0.7311. Clipped, each would be a matte, and a wrong one.
 *
 * @param alpha as the model answered, not clipped
 * @throws ModelOutputError
 */
export async function assertAlpha(name: string, alpha: tf.Tensor): Promise<void> {
  await assertFinite(name, 'alpha', alpha);
  const ends = tf.tidy(() => tf.stack([tf.min(alpha), tf.max(alpha)]));
  const [least, most] = await ends.data();
  ends.dispose();
  const range = `alpha from ${least.toPrecision(3)} to ${most.toPrecision(3)}`;
  if (least < -STRAY || most > 1 + STRAY) {
    throw new ModelOutputError(
      `Model "${name}" returned ${range}; alpha is in [0, 1].`,
      describeRange(least, most),
    );
  }
  const [low, high] = SIGMOID_OF_ALPHA;
  if (least >= low - 1e-4 && most <= high + 1e-4 && most - least > 1e-3) {
    throw new ModelOutputError(
      `Model "${name}" returned ${range}: what a sigmoid makes of an alpha in [0, 1].`,
      "Leave out activation: 'sigmoid': the network ends with one.",
    );
  }
  const [none, all] = SOFTMAX_OF_ALPHA;
  if (Math.abs(least - none) < 1e-3 && Math.abs(most - all) < 1e-3) {
    throw new ModelOutputError(
      `Model "${name}" returned ${range}: what a softmax makes of probabilities.`,
      "Leave out activation: 'softmax' and name the channel: the network ends with one.",
    );
  }
}

function describeRange(least: number, most: number): string {
  if (least < -STRAY) {
    return Math.max(-least, most) < 1 + STRAY
      ? 'These look like values of −1…1, of a tanh: describe the output with range: [-1, 1].'
      : "These look like logits: describe the output with activation: 'sigmoid'.";
  }
  return most > FEWEST_LEVELS
    ? 'These look like levels of 0…255: describe the output with range: [0, 255].'
    : 'Describe the output with range: the values that mean background and foreground.';
}

/**
 * Refuses logits that are NaN or infinite, and probabilities in their place: three values in [0, 1] that sum to one at
 * every pixel. Taken for logits they would be almost undecided everywhere.
 *
 * @param logits `[N, H, W, 3]` as the model answered
 * @throws ModelOutputError
 */
export async function assertLogits(name: string, logits: tf.Tensor4D): Promise<void> {
  await assertFinite(name, 'logits', logits);
  const ends = tf.tidy(() => {
    const sums = tf.sum(logits, 3);
    return tf.stack([tf.min(logits), tf.min(sums), tf.max(sums)]);
  });
  const [least, lowest, highest] = await ends.data();
  ends.dispose();
  if (least >= 0 && lowest > 1 - 1e-3 && highest < 1 + 1e-3) {
    throw new ModelOutputError(
      `Model "${name}" returned probabilities where logits are asked for: its classes sum to one at every pixel.`,
      "Describe the output with values: 'probabilities', or return their logarithm.",
    );
  }
}

export function notFinite(name: string, what: string): ModelOutputError {
  return new ModelOutputError(
    `Model "${name}" returned NaN or infinity in its ${what}.`,
    'Check its weights and its input range, or lower the learning rate.',
  );
}

/** The frame in which both models accept a picture of `size`. */
export function matteFrame(
  size: readonly [height: number, width: number],
  { input: a }: Pick<TrimapModel, 'input'>,
  { input: b }: Pick<MattingModel, 'input'>,
): Letterbox {
  return frameFor(size, {
    multipleOf: leastCommonMultiple(a.multipleOf, b.multipleOf),
    min: Math.max(a.min, b.min),
    max: Math.min(a.max, b.max),
  });
}

/** The frame of the working portrait of a generator of any size; its longest side is at most `workingSize`. */
export function workingFrame(
  size: readonly [height: number, width: number],
  trimapModel: TrimapModel,
  mattingModel: MattingModel,
  workingSize: number,
): Letterbox {
  const rule = { multipleOf: 32, min: 64, max: workingSize };
  const both = {
    multipleOf: leastCommonMultiple(trimapModel.input.multipleOf, rule.multipleOf),
    min: Math.max(trimapModel.input.min, rule.min),
    max: Math.min(trimapModel.input.max, rule.max),
  };
  return matteFrame(size, { input: both }, mattingModel);
}

/**
 * Trimap and alpha of a portrait as a user of the two models would compute them: letterboxed to a size that
 * both accept, predicted, and brought back to the size of the portrait.
 *
 * @param image `[1, H, W, 3]` in [0, 1]
 * @returns tensors owned by the caller
 */
export function predictMatte(
  trimapModel: TrimapModel,
  mattingModel: MattingModel,
  image: tf.Tensor4D,
): MatteTensors {
  return tf.tidy(() => {
    const size = [image.shape[1], image.shape[2]] as const;
    const box = matteFrame(size, trimapModel, mattingModel);
    const framed = intoLetterbox(image, box);
    const { alpha, logits } = alphaAndLogits(trimapModel, mattingModel, framed);
    const sourceLogits = outOfLetterbox(logits, box);
    return {
      alpha: clipKeepingNaN(outOfLetterbox(alpha, box)),
      trimap: trimapFromLogits(sourceLogits),
      logits: sourceLogits,
    };
  });
}

/** Into [0, 1]. `clipByValue` alone turns NaN into a bound on wasm, and a broken network would go unnoticed. */
function clipKeepingNaN(x: tf.Tensor4D): tf.Tensor4D {
  return tf.add(tf.clipByValue(x, 0, 1), tf.mul(x, 0)) as tf.Tensor4D;
}

export function leastCommonMultiple(a: number, b: number): number {
  let x = a;
  let y = b;
  while (y !== 0) [x, y] = [y, x % y];
  return (a / x) * b;
}
