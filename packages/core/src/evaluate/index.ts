/**
 * `@latent-matte/core/evaluate`: matting models measured with and without enhancement over a data set, the paper's tables.
 * @module @latent-matte/core/evaluate
 */
export * from '../metrics';
export { relativeChange } from './compare-errors';
export { evaluateMatting } from './evaluate-matting';
export { MattingEvaluator, type PictureEvaluation, type PictureHooks } from './matting-evaluator';
export { type EvaluateOptions, evaluateOptions } from './options';
export { pictureFailure } from './picture-failure';
export * from './plain';
export { type SignedRankTest, signedRankTest } from './signed-rank';
export { summarizeEvaluation } from './summarize-evaluation';
export { metricNames, type SummarizeOptions, summarizeRows } from './summarize-rows';
export { type TransferCell, type TransferRow, transferRow } from './transfer';
export type {
  Comparison,
  Evaluation,
  EvaluationFailure,
  EvaluationGroup,
  EvaluationRow,
  EvaluationSample,
  EvaluationSummary,
  Interval,
  JudgedErrors,
  MetricSummary,
  PendingSample,
} from './types';
export { warningsNote } from './warnings-note';
