import {
  BackendError,
  type Enhancement,
  type EnhancementStep,
  type EnhanceOptions,
  type EnhancePortraitSteps,
  LatentMatteError,
  type RasterImage,
} from '@latent-matte/core';
import type { Activation } from './activation';

/**
 * The `enhance` of a backend: brings a lost device back before a run, and turns what a failing device throws into
 * a `BackendError` that says so.
 */
export function explainingErrors(device: string, { recover, explain }: Activation) {
  if (recover === undefined && explain === undefined) return undefined;
  return async function* enhance(
    image: RasterImage,
    options: EnhanceOptions,
    here: EnhancePortraitSteps,
  ): AsyncGenerator<EnhancementStep, Enhancement, void> {
    await recover?.();
    try {
      return yield* here(image, options);
    } catch (error) {
      if (LatentMatteError.isInstance(error)) throw error;
      const explanation = await explain?.(error);
      if (explanation === undefined) throw error;
      throw new BackendError(
        `The device "${device}" failed: ${explanation.problem}.`,
        explanation.remedy,
        { cause: error },
      );
    }
  };
}
