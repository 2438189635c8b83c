import type { MattingModel } from '../contracts';
import { AbortedError } from '../errors';
import { FineTuneRun } from './fine-tune-run';
import type { FineTuning } from './fine-tuning';
import type { FineTuneOptions } from './options';
import { resolveFineTuning, unreadFineTuning } from './options';
import { assertTrainable } from './trainable-model';
import type { FineTuneStep } from './types';

/**
 * {@link fineTune} step by step: yields each update and returns the result. Stopping the iteration early frees
 * everything and leaves the model with its best weights.
 *
 * ```ts
 * import { fineTuneSteps } from '@latent-matte/core/fine-tune';
 * import { loadModel } from '@latent-matte/models';
 *
 * const model = await loadModel('compact-matting', { trainable: true });
 * for await (const { step, loss } of fineTuneSteps(model, { pairs, steps: 100 })) console.log(step, loss);
 * ```
 *
 * @throws the errors of {@link fineTune}
 */
export async function* fineTuneSteps(
  model: MattingModel,
  options: FineTuneOptions,
): AsyncGenerator<FineTuneStep, FineTuning, void> {
  assertTrainable(model);
  const settings = resolveFineTuning(model, options);
  const warnings = unreadFineTuning(options, settings);
  if (options.signal?.aborted) throw new AbortedError('Cancelled before the start.');
  const run = await FineTuneRun.open(model, options, settings);
  try {
    for await (const step of run.iterate()) {
      // Reads of tensors settle as microtasks on some backends: without this, timers and signals would wait.
      await new Promise((resolve) => setTimeout(resolve));
      yield step;
    }
    return { ...run.finish(), warnings };
  } catch (error) {
    if (!options.signal?.aborted) throw error;
    await run.saveCheckpoint();
    throw new AbortedError(
      `Cancelled at step ${run.done} of ${settings.steps}.`,
      { ...run.finish(), warnings },
      { cause: error },
    );
  } finally {
    run.dispose();
  }
}
