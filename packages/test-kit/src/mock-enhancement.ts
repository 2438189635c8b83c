import {
  type EnhanceOptions,
  type EnhanceRequest,
  enhancePortrait,
  type GeneratorContext,
  type MattingModel,
  type RasterImage,
} from '@latent-matte/core';
import { nestedOptions } from '@latent-matte/core/internal';
import { MultiLevelEstimator } from '@latent-matte/core/ops';
import {
  checkLeaks,
  mockDiscriminator,
  mockGenerator,
  mockMattingModel,
  mockPerceptualModel,
  mockPortrait,
  mockTrimapModel,
} from '@latent-matte/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';

/** What the tests of `enhancePortrait` share. */
export const portrait = mockPortrait(64, 64);

/** Every part a mock, every loss on, few steps. @param request options that replace those of the mocks */
export const mocks = (request: EnhanceRequest = {}): EnhanceOptions =>
  nestedOptions({
    model: mockMattingModel(),
    trimap: mockTrimapModel(),
    generator: (context: GeneratorContext) => mockGenerator(context),
    discriminator: mockDiscriminator(),
    perceptual: mockPerceptualModel(),
    foreground: new MultiLevelEstimator(),
    steps: 4,
    selectEvery: 1,
    weights: { entropy: 0.1, compositional: 0.05, consistency: 1, perceptual: 0.1, agreement: 1 },
    ...request,
  });

/** A search that gets nearer to its target, for mocks that say something else of the mirror image. */
export const nearing = {
  steps: 8,
  selectEvery: 4,
  learningRate: 0.004,
  minPsnr: 0,
  maxBlockShift: 0,
  maxColorDifference: 0,
  weights: { agreement: 1, consistency: 0, entropy: 0, compositional: 0, perceptual: 0 },
} as const satisfies EnhanceRequest;

/** Sees the background where `model` sees the person. */
export const contradicting = (model: MattingModel, name = 'contradicts'): MattingModel => ({
  ...model,
  name,
  alpha: (input) => tf.tidy(() => tf.sub(1, model.alpha(input)) as tf.Tensor4D),
});

/** Agrees with `model` about {@link portrait} and other views of it, and not about one that was changed a little. */
export function fooled(model: MattingModel): MattingModel {
  const contradicts = contradicting(model);
  return {
    ...model,
    name: 'fooled',
    alpha: (input) => {
      const photo = tf.tensor4d(portrait.data, [1, 64, 64, 3]);
      const change = tf.tidy(() => tf.mean(tf.abs(tf.sub(input.image, photo))).dataSync()[0]!);
      photo.dispose();
      return (change > 1e-6 && change < 0.03 ? contradicts : model).alpha(input);
    },
  };
}

/** Backgrounds that do not change from step to step, so that totals can be compared. */
export const oneBackground = [mockPortrait(32, 32, 9)];

/** The error of a run, which must fail, and the tensors it leaked. */
export async function failure(
  options: EnhanceOptions,
  image: RasterImage = portrait,
): Promise<{ error: unknown; leaked: number }> {
  const { error, leaked } = await checkLeaks(() => enhancePortrait(image, options));
  expect(error).toBeInstanceOf(Error);
  return { error, leaked };
}

/** `f`, after a check that may throw. */
export const guarded =
  <Input extends unknown[], Output>(check: () => void, f: (...input: Input) => Output) =>
  (...input: Input): Output => {
    check();
    return f(...input);
  };

export const nan = (x: tf.Tensor4D): tf.Tensor4D => tf.tidy(() => tf.mul(x, Number.NaN));
