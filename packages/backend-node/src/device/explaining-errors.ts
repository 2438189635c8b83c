import { BackendError, LatentMatteError, type LongCall } from '@latent-matte/core';
import type { Activation, Explanation } from './activation';

/**
 * The `run` of a backend: brings a lost device back before a run, and turns what a failing device throws into
 * a `BackendError` that says so.
 */
export function explainingErrors(device: string, activation: Activation) {
  const { recover, explain, complaint } = activation;
  if (recover === undefined && explain === undefined && complaint === undefined) return undefined;
  const failed = ({ problem, remedy }: Explanation, cause?: unknown) =>
    new BackendError(`The device "${device}" failed: ${problem}.`, remedy, { cause });

  return async function* run<Step, Result>(
    _call: LongCall,
    here: () => AsyncGenerator<Step, Result, void>,
  ): AsyncGenerator<Step, Result, void> {
    await recover?.();
    let result: Result;
    try {
      result = yield* here();
    } catch (error) {
      const explanation = await explain?.(error);
      if (explanation === undefined || LatentMatteError.isInstance(error)) throw error;
      throw failed(explanation, error);
    }
    const silent = await complaint?.();
    if (silent !== undefined) throw failed(silent);
    return result;
  };
}
