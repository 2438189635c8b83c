export { evaluateMatting } from './evaluate-matting';
export { metricNames, summarizeRows } from './summarize-rows';
export type {
  EvaluateOptions,
  Evaluation,
  EvaluationFailure,
  EvaluationRow,
  EvaluationSample,
  EvaluationSummary,
  Interval,
  MetricSummary,
} from './types';
