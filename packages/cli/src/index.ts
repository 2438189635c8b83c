/**
 * The command line as functions: for scripts that want the same files, the same report or the same table.
 * @module latent-matte
 */
export { describeEnhancement } from './describe-enhancement';
export type { EnhancementResult } from './enhancement-result';
export type { EvaluationDocument } from './evaluate/evaluation-document';
export { formatEvaluation } from './format-evaluation';
export { createProgress, type Progress } from './progress';
export { readDataset } from './read-dataset';
export { type ReportContent, renderReport } from './report/render-report';
export { run } from './run';
export { processTerminal, type Terminal } from './terminal';
export { type WrittenEnhancement, writeEnhancement } from './write-enhancement';
