/**
 * The command line as functions: for scripts that want the same files, the same report or the same table.
 * @module latent-matte
 */

export { readDataset } from './data/read-dataset';
export { describeEnhancement } from './enhance/describe-enhancement';
export type { EnhancementResult } from './enhance/enhancement-result';
export { type ReportContent, renderReport } from './enhance/report/render-report';
export { type WrittenEnhancement, writeEnhancement } from './enhance/write-enhancement';
export type { EvaluationDocument } from './evaluate/evaluation-document';
export { formatEvaluation } from './evaluate/format-evaluation';
export { run } from './run';
export { createProgress, type Progress } from './terminal/progress';
export { processTerminal, type Terminal } from './terminal/terminal';
