import {
  type Evaluation,
  type Interval,
  type MetricSummary,
  metricNames,
} from '@latent-matte/backend-node';

const titles = { grad: 'Grad', conn: 'Conn', mse: 'MSE ×10³', sad: 'SAD' } as const;

/** What one unit of the table is in the units of `MatteErrors`. */
const scales = { grad: 1, conn: 1, mse: 1000, sad: 1 } as const;

const LABEL_WIDTH = 16;
const COLUMN_WIDTH = 18;

/** An evaluation as a table in the shape of the paper's Table I. Lower is better throughout. */
export function formatEvaluation(reference: string, evaluation: Evaluation): string {
  const { summary, failures, trimapSource } = evaluation;
  const failed = failures.map((failure) => `not measured: ${failure.name} (${failure.message})`);
  if (summary === undefined) return [`${reference}: no picture was measured`, ...failed].join('\n');
  const row = (label: string, cell: (metric: MetricSummary, scale: number) => string): string =>
    label.padEnd(LABEL_WIDTH) +
    metricNames
      .map((name) => cell(summary.metrics[name], scales[name]).padStart(COLUMN_WIDTH))
      .join('');
  const pictures = `${summary.images} picture${summary.images === 1 ? '' : 's'}`;
  return [
    `${reference} · ${pictures} · ${trimapSource} trimap · lower is better`,
    '',
    ' '.repeat(LABEL_WIDTH) +
      metricNames.map((name) => titles[name].padStart(COLUMN_WIDTH)).join(''),
    row('original', (metric, scale) => significant(metric.original * scale)),
    row('enhanced', (metric, scale) => significant(metric.enhanced * scale)),
    row('Δ', (metric, scale) => signed(metric.delta * scale, significant)),
    row('%Δ of the mean', (metric) => percent(metric.percent)),
    row('  95 %', (metric) => interval(metric.percentInterval)),
    row('%Δ per picture', (metric) => percent(metric.imagePercent)),
    row('  95 %', (metric) => interval(metric.imagePercentInterval)),
    row('wins/losses/ties', ({ wins, losses, ties }) => `${wins}/${losses}/${ties}`),
    '',
    [
      summary.psnr === null ? 'no picture was changed' : `PSNR ${summary.psnr.toFixed(2)} dB`,
      `SSIM ${summary.ssim.toFixed(4)}`,
      `${summary.unchanged} unchanged`,
      `${summary.seconds.toFixed(1)} s per picture`,
    ].join(' · '),
    ...failed,
  ].join('\n');
}

const significant = (value: number): string => {
  const digits = Math.abs(value) >= 100 ? 1 : Math.abs(value) >= 10 ? 2 : 3;
  return value.toFixed(digits);
};

const signed = (value: number, format: (value: number) => string): string =>
  `${value < 0 ? '−' : '+'}${format(Math.abs(value))}`;

const percent = (value: number): string =>
  Number.isFinite(value) ? `${signed(value, (v) => v.toFixed(2))} %` : '—';

const interval = ([low, high]: Interval): string =>
  Number.isFinite(low) && Number.isFinite(high)
    ? `[${signed(low, (v) => v.toFixed(2))}, ${signed(high, (v) => v.toFixed(2))}]`
    : '—';
