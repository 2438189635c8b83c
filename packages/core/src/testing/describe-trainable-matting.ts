import * as tf from '@tensorflow/tfjs-core';
import type { MattingModel, MattingTraining, NamedWeights, NormalizationMode } from '../contracts';
import {
  type ConformanceOptions,
  check,
  checkNoLeaks,
  checkShape,
  maxDifference,
  type TestFramework,
  using,
  withDefaults,
} from './conformance';
import { testTrimap } from './describe-matting-model';
import { checkVariableGradient } from './gradient-check';
import { mockPortraits } from './mock-portrait';

export interface TrainableConformanceOptions extends ConformanceOptions {
  /**
   * Modes in which gradients are compared with finite differences. Default: all it has. A deep network of random weights
   * is too chaotic for that in `'batch'` mode.
   */
  gradientModes?: readonly NormalizationMode[];
  /** Makes the model anew from what `train.weights()` gave, as its loader does. */
  reload?: (weights: readonly NamedWeights[]) => MattingModel;
}

/**
 * The tests every matting model with `train` passes, beside those of `describeMattingModel`.
 *
 * ```ts
 * import { describeTrainableMatting, mockTrainableMatting } from '@latent-matte/core/testing';
 * import { describe, it } from 'vitest';
 *
 * // In a test file; your own in place of the mock.
 * describeTrainableMatting({ describe, it }, () => mockTrainableMatting());
 * ```
 *
 * @param create called in every test; the suite disposes what it returns
 */
export function describeTrainableMatting(
  { describe, it }: TestFramework,
  create: () => MattingModel | Promise<MattingModel>,
  given: TrainableConformanceOptions = {},
): void {
  const options = { gradientEpsilon: 1e-3, ...given };
  const { title, width, height, gradientEpsilon, gradientTolerance } = withDefaults(
    options,
    'trainable MattingModel',
  );
  const withPictures = (
    body: (
      model: MattingModel & { train: MattingTraining },
      alpha: (mode: NormalizationMode) => tf.Tensor4D,
      input: { image: tf.Tensor4D; trimap: tf.Tensor4D },
    ) => Promise<void>,
  ) =>
    using(create, async (model) => {
      const { train } = model;
      check(train !== undefined && model.variables !== undefined, 'it has no variables and train');
      const image = mockPortraits(width, height, [1, 2]);
      const trimap = testTrimap(image);
      try {
        const input = model.needsTrimap ? { image, trimap } : { image };
        const alpha = (mode: NormalizationMode) => tf.tidy(() => train.alpha(input, mode));
        await body(Object.assign(model, { train }), alpha, { image, trimap });
      } finally {
        tf.dispose([image, trimap]);
      }
    });
  const values = (record: Record<string, tf.Variable>) =>
    Object.values(record).flatMap((variable) => [...variable.dataSync()]);
  const modesOf = ({ normalization }: MattingTraining): NormalizationMode[] =>
    normalization === 'none' ? ['frozen'] : ['frozen', 'batch'];

  describe(title, () => {
    it('has variables, and answers for a loss', () =>
      withPictures(async (model, alpha, { image }) => {
        check(Object.keys(model.variables?.() ?? {}).length > 0, 'there are no variables');
        for (const mode of modesOf(model.train)) {
          const answer = alpha(mode);
          checkShape('alpha', answer, [...image.shape.slice(0, 3), 1]);
          answer.dispose();
        }
      }));

    it('moves its running statistics by batches only', () =>
      withPictures(async (model, alpha) => {
        const before = values(model.train.state());
        alpha('frozen').dispose();
        check(maxDifference(before, values(model.train.state())) === 0, 'frozen mode moved them');
        if (model.train.normalization === 'none' || before.length === 0) return;
        alpha('batch').dispose();
        check(maxDifference(before, values(model.train.state())) > 0, 'batch mode did not');
      }));

    it('has gradients of its variables that agree with finite differences', () =>
      withPictures(async (model, alpha) => {
        const variables = Object.values(model.variables?.() ?? {});
        for (const mode of given.gradientModes ?? modesOf(model.train)) {
          const { relativeError } = await checkVariableGradient(() => alpha(mode), variables, {
            directions: 2,
            epsilon: gradientEpsilon,
          });
          check(
            relativeError <= gradientTolerance,
            `the relative error is ${relativeError} in ${mode} mode, above ${gradientTolerance}`,
          );
        }
      }));

    it('leaves no tensors behind', () =>
      withPictures(async (model, alpha) => {
        const variables = Object.values(model.variables?.() ?? {});
        for (const mode of modesOf(model.train)) {
          await checkNoLeaks(`a gradient in ${mode} mode`, async () => {
            const { value, grads } = tf.variableGrads(
              () => tf.tidy(() => tf.sum(alpha(mode)) as tf.Scalar),
              variables,
            );
            tf.dispose([value, grads]);
            await model.train.weights();
          });
        }
      }));

    const { reload } = given;
    if (reload === undefined) return;
    it('is the same model again when its weights are loaded', () =>
      withPictures(async (model, _, { image, trimap }) => {
        const input = model.needsTrimap ? { image, trimap } : { image };
        const again = reload(await model.train.weights());
        const [first, second] = tf.tidy(() => [model.alpha(input), again.alpha(input)]);
        const difference = maxDifference(await first.data(), await second.data());
        tf.dispose([first, second]);
        again.dispose();
        check(difference < 1e-4, `mattes differ by ${difference}`);
      }));
  });
}
