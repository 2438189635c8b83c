import { type MattingInput, type MattingTraining, SPEC_VERSION } from '@latent-matte/core';
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
   */
  protected trainingOf(
    normalization: MattingTraining['normalization'],
    alpha: (input: MattingInput) => tf.Tensor4D,
  ): { train?: MattingTraining; variables?: () => Record<string, tf.Variable> } {
    const { trainable } = this.#weights;
    if (trainable === undefined) return {};
    const train: MattingTraining = {
      normalization,
      alpha(input, mode) {
        trainable.mode = mode;
        try {
          return alpha(input);
        } finally {
          trainable.mode = 'frozen';
        }
      },
      state: () => trainable.state,
      weights: () => trainable.weights(),
    };
    return { train, variables: () => trainable.variables };
  }
}
