import {
  type MattingInput,
  type MattingTraining,
  type NormalizationMode,
  SPEC_VERSION,
  type TrainingTruth,
} from '@latent-matte/core';
import type * as tf from '@tensorflow/tfjs-core';
import type { FrozenWeights } from './frozen-weights';
import { refuseAfterDispose } from './refuse-after-dispose';

/** What every published network has: a name, a licence, and tensors to free. */
export abstract class FrozenNetwork {
  readonly specVersion = SPEC_VERSION;
  readonly name: string;
  readonly license: string;
  readonly #weights: FrozenWeights;

  constructor(name: string, license: string, weights: FrozenWeights) {
    this.name = name;
    this.license = license;
    this.#weights = weights;
  }

  /** Values in all weights, after folding. */
  get parameterCount(): number {
    return this.#weights.parameterCount;
  }

  /** Frees the weights. The network cannot be used afterwards. */
  dispose(): void {
    this.#weights.dispose();
    refuseAfterDispose(this);
  }

  /**
   * What a matting network built trainable adds to itself; nothing where it was not.
   *
   * @param normalization how its authors trained it
   * @param alpha for the loss, see `MattingTraining`
   * @param objective of a network that learns more than alpha, see `MattingTraining`
   */
  protected trainingOf(
    normalization: MattingTraining['normalization'],
    alpha: (input: MattingInput) => tf.Tensor4D,
    objective?: (
      input: MattingInput,
      truth: TrainingTruth,
    ) => { readonly total: tf.Scalar; readonly alpha: tf.Tensor4D },
  ): { train?: MattingTraining; variables?: () => Record<string, tf.Variable> } {
    const { trainable } = this.#weights;
    if (trainable === undefined) return {};
    const inMode = <Result>(mode: NormalizationMode, run: () => Result): Result => {
      trainable.mode = mode;
      try {
        return run();
      } finally {
        trainable.mode = 'frozen';
      }
    };
    const train: MattingTraining = {
      normalization,
      alpha: (input, mode) => inMode(mode, () => alpha(input)),
      ...(objective && {
        objective: (input: MattingInput, mode: NormalizationMode, truth: TrainingTruth) =>
          inMode(mode, () => objective(input, truth)),
      }),
      state: () => trainable.state,
      weights: () => trainable.weights(),
    };
    return { train, variables: () => trainable.variables };
  }
}
