import { AbortedError } from '../errors';
import { MattingEvaluator } from './matting-evaluator';
import type { EvaluateOptions } from './options';
import { pictureFailure } from './picture-failure';
import { summarizeEvaluation } from './summarize-evaluation';
import type {
  Evaluation,
  EvaluationFailure,
  EvaluationRow,
  EvaluationSample,
  PendingSample,
} from './types';

/**
 * Measures what enhancement does to the mattes of a reference model (paper IV, Table I): Grad, Conn, MSE and SAD
 * on the original against the enhanced version of each picture.
 *
 * A picture that cannot be measured (unreadable, without a person, parts of different size, a true matte that is 0
 * or 1 everywhere, NaN from a model) is listed under `failures` and counts nowhere; every other error ends the
 * evaluation.
 *
 * ```ts
 * import { evaluateMatting } from '@latent-matte/core/evaluate';
 *
 * const { summary } = await evaluateMatting(samples, { model: 'compact-matting', steps: 40 });
 * console.log(summary?.metrics.grad.percent); // −1.2: the mean gradient error fell by 1.2 %
 * ```
 *
 * @throws AbortedError the signal fired; `best` is the {@link Evaluation} of the pictures done so far
 * @throws InvalidOptionError, UnknownModelError, WeightsError
 */
export async function evaluateMatting(
  samples:
    | Iterable<EvaluationSample | PendingSample>
    | AsyncIterable<EvaluationSample | PendingSample>,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { trimapSource = 'predicted', signal, onRow, onFailure, resamples } = options;
  const seed = options.advanced?.seed;
  const rows: EvaluationRow[] = [];
  const failures: EvaluationFailure[] = [];
  const evaluator = await MattingEvaluator.create(options);
  const finish = (): Evaluation => ({
    ...summarizeEvaluation(rows, failures, trimapSource, { seed, resamples }),
    ...(evaluator.warnings.length > 0 && { warnings: evaluator.warnings }),
  });
  try {
    for await (const sample of samples) {
      signal?.throwIfAborted();
      let row: EvaluationRow;
      try {
        const loaded = 'load' in sample ? await sample.load() : sample;
        row = (await evaluator.evaluate(loaded)).row;
      } catch (error) {
        const failure = pictureFailure(sample.name, error);
        if (failure === undefined) throw error;
        failures.push(failure);
        onFailure?.(failure);
        continue;
      }
      rows.push(row);
      onRow?.(row, rows.length - 1);
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
    throw new AbortedError(`The evaluation was stopped after ${rows.length} pictures.`, finish(), {
      cause: error,
    });
  } finally {
    evaluator.dispose();
  }
  return finish();
}
