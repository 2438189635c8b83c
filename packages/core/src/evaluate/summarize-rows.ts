import type { MatteErrors } from '../metrics';
import { createRandom, type Random } from '../random';
import { bootstrapInterval } from './bootstrap-interval';
import type { EvaluationRow, EvaluationSummary, MetricSummary } from './types';

/** In the order of the paper's Table I. */
export const metricNames = ['grad', 'conn', 'mse', 'sad'] as const satisfies (keyof MatteErrors)[];

/**
 * Means, changes, wins and losses over all pictures.
 *
 * @param options.seed of the bootstrap, default 0. @param options.resamples default 2000
 * @returns undefined without rows
 */
export function summarizeRows(
  rows: readonly EvaluationRow[],
  options: { seed?: number; resamples?: number } = {},
): EvaluationSummary | undefined {
  if (rows.length === 0) return undefined;
  const { seed = 0, resamples = 2000 } = options;
  const summarize = (metric: keyof MatteErrors): MetricSummary =>
    summarizeMetric(
      rows.map((row) => row.original[metric]),
      rows.map((row) => row.enhanced[metric]),
      // A stream per metric, so that leaving one out would not change the others.
      createRandom(seed).fork(metric),
      resamples,
    );
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
    ssim: mean(rows.map((row) => row.ssim)),
    unchanged: rows.filter((row) => row.psnr === Number.POSITIVE_INFINITY).length,
    seconds: mean(rows.map((row) => row.seconds)),
  };
}

function summarizeMetric(
  original: readonly number[],
  enhanced: readonly number[],
  random: Random,
  resamples: number,
): MetricSummary {
  const all = Uint32Array.from(original, (_, index) => index);
  const percentOf = (indices: Uint32Array): number => {
    let before = 0;
    let after = 0;
    for (const index of indices) {
      before += original[index]!;
      after += enhanced[index]!;
    }
    return relative(before, after);
  };
  const imagePercentOf = (indices: Uint32Array): number => {
    let sum = 0;
    let counted = 0;
    for (const index of indices) {
      if (original[index] === 0) continue;
      sum += relative(original[index]!, enhanced[index]!);
      counted++;
    }
    return sum / counted;
  };
  const meanOriginal = mean(original);
  const meanEnhanced = mean(enhanced);
  return {
    original: meanOriginal,
    enhanced: meanEnhanced,
    delta: meanEnhanced - meanOriginal,
    percent: percentOf(all),
    percentInterval: bootstrapInterval(original.length, percentOf, random.fork('mean'), resamples),
    imagePercent: imagePercentOf(all),
    imagePercentInterval: bootstrapInterval(
      original.length,
      imagePercentOf,
      random.fork('image'),
      resamples,
    ),
    wins: enhanced.filter((value, index) => value < original[index]!).length,
    losses: enhanced.filter((value, index) => value > original[index]!).length,
    ties: enhanced.filter((value, index) => value === original[index]).length,
  };
}

/** Change in per cent; 0 when nothing became nothing. */
const relative = (before: number, after: number): number =>
  before === after ? 0 : (100 * (after - before)) / before;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
