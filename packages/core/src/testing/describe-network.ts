import type * as tf from '@tensorflow/tfjs-core';
import type { Differentiability, InputSizeRule, ModelInfo } from '../contracts';
import {
  type ConformanceOptions,
  check,
  checkAgainstDifferences,
  checkBatch,
  checkDeterminism,
  checkDispose,
  checkInfo,
  checkInputRule,
  checkNoLeaks,
  checkShape,
  checkValues,
  type TestFramework,
  using,
  withDefaults,
} from './conformance';
import { mockPortraits } from './mock-portrait';

/** What the networks that see one image have in common. */
export interface Network extends ModelInfo {
  readonly input: InputSizeRule;
  dispose(): void;
}

/** How one kind of network is called, and what it must answer. */
export interface NetworkContract<Model extends Network> {
  readonly title: string;
  readonly output: string;
  /** Size of one dimension of the output, given the picture's; `undefined` = any size ≥ 1. */
  readonly shape: (batch: number, height: number, width: number) => readonly (number | undefined)[];
  readonly range?: readonly [low: number, high: number];
  readonly run: (model: Model, image: tf.Tensor4D) => tf.Tensor;
  /** What the suite's caller declares; tested against what the model says. */
  readonly differentiable: Differentiability;
  readonly declared: (model: Model) => Differentiability;
}

/** The tests that every image network passes; the public suites call it with their contract. */
export function describeNetwork<Model extends Network>(
  { describe, it }: TestFramework,
  create: () => Model | Promise<Model>,
  contract: NetworkContract<Model>,
  given: ConformanceOptions,
): void {
  const { output, shape, range, run } = contract;
  const options = withDefaults(given, contract.title);
  const { title, width, height } = options;

  const withPictures = (
    seeds: readonly number[],
    body: (model: Model, image: tf.Tensor4D) => Promise<void>,
  ) =>
    using(create, async (model) => {
      const image = mockPortraits(width, height, seeds);
      try {
        await body(model, image);
      } finally {
        image.dispose();
      }
    });

  describe(title, () => {
    it('says what it is and which pictures it accepts', () =>
      using(create, async (model) => {
        checkInfo(model);
        checkInputRule(model.input, width, height);
        check(
          contract.declared(model) === contract.differentiable,
          `differentiable is "${contract.declared(model)}", the suite was told "${contract.differentiable}"`,
        );
      }));

    it(`returns finite ${output} of the documented shape and range`, () =>
      withPictures([1], async (model, image) => {
        const result = run(model, image);
        const expected = shape(1, height, width).map((size, i) => size ?? result.shape[i]);
        checkShape(output, result, expected);
        check(result.size > 0, `${output} has no values`);
        await checkValues(output, result, ...(range ?? []));
        result.dispose();
      }));

    it('treats a batch of two as two pictures', () =>
      withPictures([1, 2], (model, image) => checkBatch((x) => run(model, x), image)));

    it('gives the same bits for the same picture', () =>
      withPictures([1], (model, image) => checkDeterminism(() => run(model, image))));

    if (contract.differentiable === 'image') {
      it('has the gradient that finite differences show', () =>
        withPictures([1], (model, image) =>
          checkAgainstDifferences((x) => run(model, x as tf.Tensor4D), [image], options),
        ));
    }

    it('leaves no tensors behind and its input alone', () =>
      withPictures([1], async (model, image) => {
        run(model, image).dispose();
        await checkNoLeaks('a call', () => run(model, image).dispose());
        check(!image.isDisposed, 'the model disposed its input');
      }));

    it('frees everything on dispose, also when called twice', async () => {
      const image = mockPortraits(width, height, [1]);
      try {
        await checkDispose(create, (model) => run(model, image));
      } finally {
        image.dispose();
      }
    });
  });
}
