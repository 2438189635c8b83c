import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LatentCode } from './latent-code';
import type { ModelInfo } from './model-info';

/**
 * A network that guesses the latent code of a portrait (pSp, e4e …): a start for inversion, in one pass instead
 * of hundreds of steps.
 */
export interface LatentEncoder extends ModelInfo {
  /**
   * RGB `[1, H, W, 3]` in [0, 1], of any size → a code for the generator it was trained with. An encoder that
   * knows no noise leaves `noise` empty. The tensors belong to the caller.
   */
  encode(image: Tensor4D): LatentCode;
  dispose(): void;
}
