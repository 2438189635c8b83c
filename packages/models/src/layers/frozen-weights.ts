import type { TrainableLayers } from './trainable-layers';

/** The tensors of a finished network. */
export interface FrozenWeights {
  /** Present when the network was built trainable. */
  readonly trainable?: TrainableLayers;
  /** Values in all weights, after folding; the copies for gradients not counted. */
  readonly parameterCount: number;
  dispose(): void;
}
