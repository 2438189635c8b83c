import {
  type Comparison,
  type EvaluationSummary,
  type MatteErrors,
  type MetricSummary,
  metricNames,
} from '@latent-matte/backend-node/evaluate';
import { formatPsnr } from '../../enhance/describe-enhancement';
import { escapeHtml } from '../../report/escape-html';
import type { EvaluationDocument, ModelEvaluation } from '../evaluation-document';
import {
  interval,
  metricScales,
  metricTitles,
  percent,
  probability,
  signed,
  significant,
  similarity,
} from '../format-evaluation';

type Metric = keyof MatteErrors;
type Cell = readonly [text: string, side?: 'better' | 'worse' | ''];

/** For colours: whether a change is a gain. */
export const side = (value: number): 'better' | 'worse' | '' =>
  value < 0 ? 'better' : value > 0 ? 'worse' : '';

const changeCell = (value: number): Cell => [percent(value), side(value)];

function tableRow(label: string, cell: (name: Metric) => Cell, kind = ''): string {
  const cells = metricNames.map((name) => {
    const [text, tone = ''] = cell(name);
    return `<td class="${tone}">${escapeHtml(text)}</td>`;
  });
  return `<tr class="${kind}"><th scope="row">${escapeHtml(label)}</th>${cells.join('')}</tr>`;
}

const table = (label: string, rows: readonly string[], more: readonly string[] = []): string =>
  `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(label)}"><table class="numbers">
<thead><tr><th scope="col"></th>${[...metricNames.map((name) => metricTitles[name]), ...more].map((title) => `<th scope="col">${title}</th>`).join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;

export function comparisonSection({ model, summary, groups }: ModelEvaluation): string {
  if (summary === undefined) {
    return `<section><h2>${escapeHtml(model)}</h2><p>No picture was measured.</p></section>`;
  }
  const { metrics } = summary;
  const scaled = (name: Metric, value: number): Cell => [significant(value * metricScales[name])];
  const comparison = (pick: (metric: MetricSummary) => Comparison, kind: string, label: string) => [
    tableRow(label, (name) => changeCell(pick(metrics[name]).percent), kind),
    tableRow('95 % interval', (name) => [interval(pick(metrics[name]).percentInterval)], 'sub'),
    tableRow(
      'p, Wilcoxon signed rank',
      (name) => [probability(pick(metrics[name]).signedRank.pValue)],
      'sub',
    ),
    tableRow(
      'pictures better / worse / equal',
      (name) => {
        const { wins, losses, ties } = pick(metrics[name]);
        return [`${wins} / ${losses} / ${ties}`];
      },
      'sub',
    ),
  ];
  const rows = [
    tableRow('original', (name) => scaled(name, metrics[name].original)),
    tableRow('enhanced', (name) => scaled(name, metrics[name].enhanced)),
    tableRow('Δ', (name) => {
      const { delta } = metrics[name];
      return [signed(delta * metricScales[name], significant), side(delta)];
    }),
    ...comparison((metric) => metric, 'main', '%Δ of the mean'),
    tableRow('%Δ, mean over pictures', (name) => changeCell(metrics[name].imagePercent)),
    ...targetRows(metrics, scaled, comparison),
    ...groups.map((group, index) =>
      tableRow(
        `%Δ, ${group.name}: ${group.rule}`,
        (name) => changeCell(group.summary.metrics[name].percent),
        index === 0 ? 'main' : '',
      ),
    ),
  ];
  return `<section>
<h2>${escapeHtml(model)}</h2>
<p class="soft">${escapeHtml(similarity(summary))}</p>
${table(`Errors of ${model}`, rows)}
</section>`;
}

function targetRows(
  metrics: EvaluationSummary['metrics'],
  scaled: (name: Metric, value: number) => Cell,
  comparison: (
    pick: (metric: MetricSummary) => Comparison,
    kind: string,
    label: string,
  ) => string[],
): string[] {
  if (metrics.sad.target === undefined) return [];
  return [
    tableRow(
      'target alone, nothing enhanced',
      (name) => scaled(name, metrics[name].target!.mean),
      'main',
    ),
    ...comparison((metric) => metric.target!, '', 'target, %Δ to original'),
    ...comparison((metric) => metric.target!.enhancedAgainst, '', 'enhanced, %Δ to target'),
  ];
}

export function averageSection({ average }: EvaluationDocument): string {
  if (average === undefined) return '';
  const row = tableRow('%Δ of the mean', (name) => changeCell(average.percent[name]), 'main');
  return `<section>
<h2>Mean of ${average.models} matting models</h2>
${table('Mean over matting models', [row])}
</section>`;
}

export function ablationSection({ ablation, evaluations }: EvaluationDocument): string {
  if (ablation === undefined) return '';
  const tables = evaluations.map((base) => {
    const line = (title: string, { summary }: ModelEvaluation, kind: string): string => {
      if (summary === undefined) return '';
      const row = tableRow(title, (name) => changeCell(summary.metrics[name].percent), kind);
      const similar = `<td>${formatPsnr(summary.psnr ?? Number.POSITIVE_INFINITY)}</td>`;
      return row.replace('</tr>', `${similar}</tr>`);
    };
    const rows = ablation.flatMap(({ title, evaluations: own }) => {
      const evaluation = own.find(({ model }) => model === base.model);
      return evaluation === undefined ? [] : [line(title, evaluation, '')];
    });
    return `<h3>${escapeHtml(base.model)}</h3>
${table(`Variants, ${base.model}`, [line('as given', base, 'main'), ...rows], ['PSNR'])}`;
  });
  const skipped = ablation.filter((variant) => variant.skipped !== undefined);
  return `<section>
<h2>Variants</h2>
<p class="soft">Each differs from the run above in one thing; change of the mean against the original (the shape of the paper's Tables III and IV).</p>
${tables.join('\n')}
${skipped.length === 0 ? '' : `<p class="soft">Left out: ${skipped.map(({ title, skipped: why }) => escapeHtml(`${title} (${why})`)).join('; ')}.</p>`}
</section>`;
}
