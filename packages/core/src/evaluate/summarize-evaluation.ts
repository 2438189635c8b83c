import { type SummarizeOptions, summarizeRows } from './summarize-rows';
import type { Evaluation, EvaluationFailure, EvaluationGroup, EvaluationRow } from './types';

/** Fewer pictures have no quarter worth a row. */
const MIN_PICTURES_FOR_QUARTER = 4;

/**
 * Rows and failures as a complete {@link Evaluation}: the same rows in the same order give the same figures.
 *
 * ```ts
 * import { evaluateMatting, summarizeEvaluation } from '@latent-matte/core/evaluate';
 *
 * const { rows, failures, trimapSource } = await evaluateMatting(samples);
 * const again = summarizeEvaluation(rows, failures, trimapSource, { seed: 1 });
 * ```
 */
export function summarizeEvaluation(
  rows: readonly EvaluationRow[],
  failures: readonly EvaluationFailure[],
  trimapSource: Evaluation['trimapSource'],
  options: SummarizeOptions = {},
): Evaluation {
  const summary = summarizeRows(rows, options);
  return {
    rows,
    failures,
    trimapSource,
    ...(summary && { summary }),
    groups: [...hardest(rows, options), ...tagged(rows, options)],
  };
}

/** The challenging samples of the paper's section IV-G: the worst quarter by the SAD of the original. */
function hardest(rows: readonly EvaluationRow[], options: SummarizeOptions): EvaluationGroup[] {
  if (rows.length < MIN_PICTURES_FOR_QUARTER) return [];
  const count = Math.ceil(rows.length / 4);
  // A stable sort: equal errors keep the order of the pictures.
  const worst = [...rows].sort((a, b) => b.original.sad - a.original.sad).slice(0, count);
  const chosen = rows.filter((row) => worst.includes(row));
  return [group('hardest', `the quarter with the largest SAD before (${count})`, chosen, options)];
}

function tagged(rows: readonly EvaluationRow[], options: SummarizeOptions): EvaluationGroup[] {
  const tags = [...new Set(rows.flatMap((row) => row.tags ?? []))].sort();
  return tags.map((tag) => {
    const chosen = rows.filter((row) => row.tags?.includes(tag));
    return group(tag, `tagged "${tag}" (${chosen.length})`, chosen, options);
  });
}

const group = (
  name: string,
  rule: string,
  rows: readonly EvaluationRow[],
  options: SummarizeOptions,
): EvaluationGroup => ({
  name,
  rule,
  pictures: rows.map((row) => row.name),
  summary: summarizeRows(rows, options)!,
});
