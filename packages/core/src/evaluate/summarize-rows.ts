import type { MatteErrors } from '../metrics';
import { createRandom } from '../random';
import { compareErrors, mean } from './compare-errors';
import type { EvaluationRow, EvaluationSummary, MetricSummary } from './types';

/** In the order of the paper's Table I. */
export const metricNames = ['grad', 'conn', 'mse', 'sad'] as const satisfies (keyof MatteErrors)[];

export interface SummarizeOptions {
  /** Of the bootstrap, default 0. */
  seed?: number | undefined;
  /** Default 2000. */
  resamples?: number | undefined;
}

/**
 * Means, changes, wins and losses over all pictures. The fixed target is summed up when every row has it.
 *
 * ```ts
 * import { evaluateMatting, summarizeRows } from '@latent-matte/core/evaluate';
 *
 * const { rows } = await evaluateMatting(samples);
 * const hard = summarizeRows(rows.filter(({ original }) => original.sad > 10));
 * ```
 *
 * @returns undefined without rows
 */
export function summarizeRows(
  rows: readonly EvaluationRow[],
  { seed = 0, resamples = 2000 }: SummarizeOptions = {},
): EvaluationSummary | undefined {
  if (rows.length === 0) return undefined;
  const summarize = (metric: keyof MatteErrors): MetricSummary => {
    // A stream per metric, so that leaving one out would not change the others.
    const random = createRandom(seed).fork(metric);
    const original = rows.map((row) => row.original[metric]);
    const enhanced = rows.map((row) => row.enhanced[metric]);
    const target = rows.flatMap((row) => row.target?.[metric] ?? []);
    return {
      original: mean(original),
      enhanced: mean(enhanced),
      ...compareErrors(original, enhanced, random, resamples),
      ...(target.length === rows.length && {
        target: {
          mean: mean(target),
          ...compareErrors(original, target, random.fork('ensemble'), resamples),
          enhancedAgainst: compareErrors(target, enhanced, random.fork('against'), resamples),
        },
      }),
    };
  };
  const finite = rows.map((row) => row.psnr).filter(Number.isFinite);
  return {
    images: rows.length,
    metrics: {
      grad: summarize('grad'),
      conn: summarize('conn'),
      mse: summarize('mse'),
      sad: summarize('sad'),
    },
    psnr: finite.length > 0 ? mean(finite) : null,
    lowestPsnr: finite.length > 0 ? Math.min(...finite) : null,
    ssim: mean(rows.map((row) => row.ssim)),
    unchanged: rows.filter((row) => row.psnr === Number.POSITIVE_INFINITY).length,
    seconds: mean(rows.map((row) => row.seconds)),
  };
}
