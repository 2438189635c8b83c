import {
  type Comparison,
  type Evaluation,
  type EvaluationSummary,
  type Interval,
  type MatteErrors,
  type MetricSummary,
  metricNames,
  warningsNote,
} from '@latent-matte/backend-node/evaluate';
import {
  type AverageChange,
  type EvaluationDocument,
  failureReason,
  type VariantEvaluation,
} from './evaluation-document';
import { printable } from './evaluation-progress';
import { formatTransfer } from './format-transfer';

export const metricTitles = { grad: 'Grad', conn: 'Conn', mse: 'MSE ×10³', sad: 'SAD' } as const;

/** What one unit of the table is in the units of `MatteErrors`. */
export const metricScales = { grad: 1, conn: 1, mse: 1000, sad: 1 } as const;

const LABEL_WIDTH = 22;
const COLUMN_WIDTH = 18;
/** Titles of variants are sentences. */
const VARIANT_WIDTH = 46;

type Metric = keyof MatteErrors;

const tableRow = (
  label: string,
  cell: (metric: Metric) => string,
  width: number = LABEL_WIDTH,
): string =>
  label.padEnd(width) + metricNames.map((name) => cell(name).padStart(COLUMN_WIDTH)).join('');

/** A whole evaluation for a terminal. */
export const formatDocument = ({
  evaluations,
  average,
  transfer,
  ablation,
}: EvaluationDocument): string =>
  [
    ...evaluations.map((evaluation) => formatEvaluation(evaluation.model, evaluation)),
    ...(average === undefined ? [] : [formatAverage(average)]),
    ...(transfer === undefined ? [] : [formatTransfer(transfer)]),
    ...(ablation === undefined
      ? []
      : evaluations.map((base) => formatAblation(base.model, base, ablation))),
  ].join('\n\n\n');

/**
 * An evaluation as a table in the shape of the paper's Table I. Lower is better throughout.
 *
 * ```ts
 * import { evaluateMatting } from '@latent-matte/backend-node/evaluate';
 * import { formatEvaluation, readDataset } from 'latent-matte';
 *
 * const { samples } = await readDataset('data');
 * console.log(formatEvaluation('portrait-matte', await evaluateMatting(samples())));
 * ```
 */
export function formatEvaluation(model: string, evaluation: Evaluation): string {
  const { summary, failures, trimapSource, groups } = evaluation;
  const failed = failures.map((failure) =>
    printable(`not measured: ${failure.name} (${failureReason(failure)})`),
  );
  if (summary === undefined) return [`${model}: no picture was measured`, ...failed].join('\n');
  const { metrics } = summary;
  const row = (label: string, cell: (metric: MetricSummary, scale: number) => string): string =>
    tableRow(label, (name) => cell(metrics[name], metricScales[name]));
  const note = warningsNote(evaluation.rows);
  const pictures = `${summary.images} picture${summary.images === 1 ? '' : 's'}`;
  return [
    `${model} · ${pictures} · ${trimapSource} trimap · lower is better`,
    '',
    tableRow('', (name) => metricTitles[name]),
    row('original', (metric, scale) => significant(metric.original * scale)),
    row('enhanced', (metric, scale) => significant(metric.enhanced * scale)),
    row('Δ', (metric, scale) => signed(metric.delta * scale, significant)),
    row('%Δ of the mean', (metric) => percent(metric.percent)),
    row('  95 %', (metric) => interval(metric.percentInterval)),
    row('%Δ per picture', (metric) => percent(metric.imagePercent)),
    row('  95 %', (metric) => interval(metric.imagePercentInterval)),
    row('wins/losses/ties', ({ wins, losses, ties }) => `${wins}/${losses}/${ties}`),
    row('p (signed rank)', ({ signedRank }) => probability(signedRank.pValue)),
    ...targetRows(metrics, row),
    ...officialRows(evaluation),
    ...groups.map((group) =>
      tableRow(`${printable(group.name)} (${group.pictures.length}) %Δ`, (name) =>
        percent(group.summary.metrics[name].percent),
      ),
    ),
    '',
    similarity(summary),
    ...(note === undefined ? [] : [printable(note)]),
    ...failed,
  ].join('\n');
}

/** Means of what the authors' code prints; SAD and MSE of it wrap around. */
function officialRows({ rows }: Evaluation): string[] {
  const measured = rows.flatMap(({ official }) => (official === undefined ? [] : [official]));
  if (measured.length === 0) return [];
  const line = (label: string, version: 'original' | 'enhanced') =>
    tableRow(label, (name) => {
      const sum = measured.reduce((total, errors) => total + errors[version].asRun[name], 0);
      return significant((sum / measured.length) * metricScales[name]);
    });
  return [
    "the authors' code as it runs (SAD and MSE wrap around: docs/evaluate.md)",
    line('  original', 'original'),
    line('  enhanced', 'enhanced'),
  ];
}

/** The prediction averaged over views of the original: what comes without changing the picture. */
function targetRows(
  metrics: EvaluationSummary['metrics'],
  row: (label: string, cell: (metric: MetricSummary, scale: number) => string) => string,
): string[] {
  if (metrics.sad.target === undefined) return [];
  const change = (pick: (metric: MetricSummary) => Comparison) => (metric: MetricSummary) =>
    percent(pick(metric).percent);
  return [
    row('target alone', (metric, scale) => significant(metric.target!.mean * scale)),
    row(
      '  %Δ to original',
      change((metric) => metric.target!),
    ),
    row(
      '  %Δ ours to it',
      change((metric) => metric.target!.enhancedAgainst),
    ),
  ];
}

export function similarity(summary: EvaluationSummary): string {
  const { psnr, lowestPsnr, ssim, unchanged, seconds } = summary;
  return [
    psnr === null
      ? 'no picture was changed'
      : `PSNR ${psnr.toFixed(2)} dB (lowest ${lowestPsnr?.toFixed(2)})`,
    `SSIM ${ssim.toFixed(4)}`,
    `${unchanged} unchanged`,
    `${seconds.toFixed(1)} s per picture`,
  ].join(' · ');
}

const formatAverage = ({ models, percent: changes }: AverageChange): string =>
  tableRow(`mean of ${models} models, %Δ`, (name) => percent(changes[name]));

/** Variants in the shape of the paper's Tables III and IV: the change of the means, per cent, and PSNR. */
function formatAblation(
  model: string,
  base: Evaluation,
  variants: readonly VariantEvaluation[],
): string {
  const line = (title: string, { summary }: Evaluation): string =>
    summary === undefined
      ? `${title.padEnd(VARIANT_WIDTH)}no picture was measured`
      : tableRow(title, (name) => percent(summary.metrics[name].percent), VARIANT_WIDTH) +
        (summary.psnr === null ? 'unchanged' : `${summary.psnr.toFixed(1)} dB`).padStart(12);
  return [
    `${model} · variants · %Δ of the mean against the original`,
    '',
    `${tableRow('', (name) => metricTitles[name], VARIANT_WIDTH)}${'PSNR'.padStart(12)}`,
    line('as given', base),
    ...variants.flatMap(({ title, skipped, evaluations }) => {
      if (skipped !== undefined) return `${title.padEnd(VARIANT_WIDTH)}left out: ${skipped}`;
      const own = evaluations.find((evaluation) => evaluation.model === model);
      return own === undefined ? [] : line(title, own);
    }),
  ].join('\n');
}

export const significant = (value: number): string => {
  const digits = Math.abs(value) >= 100 ? 1 : Math.abs(value) >= 10 ? 2 : 3;
  return value.toFixed(digits);
};

export const signed = (value: number, format: (value: number) => string): string =>
  `${value < 0 ? '−' : '+'}${format(Math.abs(value))}`;

export const percent = (value: number): string =>
  Number.isFinite(value) ? `${signed(value, (v) => v.toFixed(2))} %` : '—';

export const interval = ([low, high]: Interval): string =>
  Number.isFinite(low) && Number.isFinite(high)
    ? `[${signed(low, (v) => v.toFixed(2))}, ${signed(high, (v) => v.toFixed(2))}]`
    : '—';

export const probability = (value: number): string =>
  value < 0.0001 ? '< 0.0001' : value.toFixed(4);
