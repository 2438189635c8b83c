import { SPEC_VERSION } from '@latent-matte/core';
import type { FrozenWeights } from './layer-specs';

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
  }
}
