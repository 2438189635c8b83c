import {
  type EvaluationRow,
  type MatteErrors,
  metricNames,
  relativeChange,
} from '@latent-matte/backend-node/evaluate';
import { formatPsnr } from '../../enhance/describe-enhancement';
import { escapeHtml } from '../../report/escape-html';
import { htmlPage, keyFigureList } from '../../report/page';
import {
  type EvaluationDocument,
  failureReason,
  type ModelEvaluation,
} from '../evaluation-document';
import { metricScales, metricTitles, percent, significant } from '../format-evaluation';
import type { ShownCase, ShownCases } from './choose-cases';
import { beforeAfterScatter, changeHistogram } from './evaluation-charts';
import { evaluationScript } from './evaluation-script';
import { evaluationStyle } from './evaluation-style';
import { ablationSection, averageSection, comparisonSection, side } from './evaluation-tables';

type Metric = keyof MatteErrors;

/** The report of an evaluation as a single HTML file: tables, plots, cases. The same document: the same bytes. */
export function renderEvaluation(document: EvaluationDocument, cases: ShownCases): string {
  const { data, device, images, complete, evaluations, versions } = document;
  const trimap = evaluations[0]?.trimapSource ?? 'predicted';
  return htmlPage({
    title: `Evaluation of ${data}`,
    style: evaluationStyle,
    header: `<h1>What enhancement does to mattes</h1>
<p class="soft">${images} picture${images === 1 ? '' : 's'} of <code>${escapeHtml(data)}</code>, ${trimap} trimap, device ${escapeHtml(device)}. Errors against the true matte; lower is better, so a negative change is a gain.</p>
${complete ? '' : '<p><strong>Stopped early:</strong> only what was measured until then is shown.</p>'}
${headline(document)}`,
    main: [
      ...evaluations.map(comparisonSection),
      averageSection(document),
      ablationSection(document),
      ...evaluations.map((evaluation) => plotSection(evaluation)),
      ...evaluations.map(({ model }) => caseSection(model, cases.get(model) ?? [])),
      ...evaluations.map(rowSection),
      ...evaluations.map(failureSection),
      settingsSection(document),
    ]
      .filter((section) => section !== '')
      .join('\n'),
    footer: `Made by latent-matte ${escapeHtml(versions['latent-matte'] ?? '')} on Node ${escapeHtml(versions.node ?? '')}.`,
    script: evaluationScript,
  });
}

/** The first matting model's change, or the mean over all of them. */
function headline({ evaluations, average }: EvaluationDocument): string {
  const summary = evaluations[0]?.summary;
  if (summary === undefined) return '';
  const title = (name: Metric): string => metricTitles[name].split(' ')[0]!;
  return keyFigureList([
    ...metricNames.map((name): [string, string] =>
      average === undefined
        ? [title(name), percent(summary.metrics[name].percent)]
        : [`${title(name)}, mean of ${average.models}`, percent(average.percent[name])],
    ),
    ['PSNR', formatPsnr(summary.psnr ?? Number.POSITIVE_INFINITY)],
    ['Per picture', `${summary.seconds.toFixed(1)} s`],
  ]);
}

function plotSection({ model, rows }: ModelEvaluation): string {
  if (rows.length === 0) return '';
  const changes = metricNames.map((name) =>
    changeHistogram(
      `${metricTitles[name].split(' ')[0]}, change per picture`,
      rows.map((row) => relativeChange(row.original[name], row.enhanced[name])),
    ),
  );
  const scatters = metricNames.map((name) =>
    beforeAfterScatter(
      `${metricTitles[name]}, before and after`,
      rows.map((row) => ({
        name: row.name,
        before: row.original[name] * metricScales[name],
        after: row.enhanced[name] * metricScales[name],
      })),
    ),
  );
  return `<section>
<h2>${escapeHtml(model)}: picture by picture</h2>
<p class="soft">Left of zero, and below the diagonal, is better. Point at a mark for its picture.</p>
<div class="charts quarters">${changes.join('\n')}</div>
<div class="charts quarters">${scatters.join('\n')}</div>
</section>`;
}

function caseSection(model: string, cases: readonly ShownCase[]): string {
  if (cases.length === 0) return '';
  return `<section>
<h2>${escapeHtml(model)}: cases</h2>
<p class="soft">The pictures whose SAD changed most for the better, most for the worse, and the one in the middle.</p>
${cases.map(shownCase).join('\n')}
</section>`;
}

function shownCase({ label, row, change, pictures }: ShownCase): string {
  const title = `<h3>${label}: ${escapeHtml(row.name)}</h3>
<p class="soft">SAD ${significant(row.original.sad)} → ${significant(row.enhanced.sad)} (${percent(change)}), Grad ${significant(row.original.grad)} → ${significant(row.enhanced.grad)}, ${formatPsnr(row.psnr)}</p>`;
  if (pictures === undefined) {
    return `${title}<p class="soft">No pictures: this one was measured by a run without <code>--html</code>.</p>`;
  }
  const { width, height, amplification } = pictures;
  const columns: [caption: string, source: string][] = [
    ['portrait', pictures.portrait],
    ['enhanced', pictures.enhanced],
    [`change ×${amplification}`, pictures.perturbation],
    ['composite', pictures.composite],
    ['trimap', pictures.trimap],
    ['true alpha', pictures.truth],
    ['alpha before', pictures.before],
    ['alpha after', pictures.after],
  ];
  const figures = columns.map(
    ([caption, source]) =>
      `<figure><figcaption>${caption}</figcaption><img width="${width}" height="${height}" alt="${escapeHtml(`${row.name}, ${caption}`)}" src="${source}"></figure>`,
  );
  return `${title}
<div class="cases">${figures.join('')}</div>`;
}

function rowSection({ model, rows }: ModelEvaluation): string {
  if (rows.length === 0) return '';
  const columns = ['Picture', ...metricNames.flatMap((name) => [metricTitles[name], '%Δ'])];
  const tagged = rows.some(({ tags }) => tags !== undefined);
  const head = [...columns, 'PSNR', 'SSIM', 'Step', 'Seconds', ...(tagged ? ['Tags'] : [])].map(
    (title) => `<th scope="col"><button type="button" class="sort">${title}</button></th>`,
  );
  return `<section class="rows">
<h2>${escapeHtml(model)}: all pictures</h2>
<p class="soft">Errors before, and their change. A click on a heading sorts.</p>
<div class="scroll tall" tabindex="0" role="region" aria-label="${escapeHtml(`Rows of ${model}`)}"><table class="numbers">
<thead><tr>${head.join('')}</tr></thead>
<tbody>${rows.map((row) => pictureRow(row, tagged)).join('\n')}</tbody></table></div>
</section>`;
}

function pictureRow(row: EvaluationRow, tagged: boolean): string {
  const value = (text: string, key: number, tone = '') =>
    `<td class="${tone}" data-value="${Number.isFinite(key) ? key : 1e9}">${text}</td>`;
  const errors = metricNames.flatMap((name) => {
    const change = relativeChange(row.original[name], row.enhanced[name]);
    return [
      value(significant(row.original[name] * metricScales[name]), row.original[name]),
      value(percent(change), change, side(change)),
    ];
  });
  return `<tr><th scope="row">${escapeHtml(row.name)}</th>${errors.join('')}${value(formatPsnr(row.psnr), row.psnr)}${value(row.ssim.toFixed(4), row.ssim)}${value(String(row.bestStep), row.bestStep)}${value(row.seconds.toFixed(1), row.seconds)}${tagged ? `<td>${escapeHtml((row.tags ?? []).join(', '))}</td>` : ''}</tr>`;
}

function failureSection({ model, failures }: ModelEvaluation): string {
  if (failures.length === 0) return '';
  return `<section class="warnings"><h2>${escapeHtml(model)}: not measured</h2><ul>${failures.map((failure) => `<li><strong>${escapeHtml(failure.name)}</strong>: ${escapeHtml(failureReason(failure))}</li>`).join('')}</ul></section>`;
}

function settingsSection({ settings }: EvaluationDocument): string {
  const rows = Object.entries(settings).map(
    ([key, value]) =>
      `<tr><th scope="row"><code>${escapeHtml(key)}</code></th><td>${escapeHtml(typeof value === 'string' ? value : JSON.stringify(value))}</td></tr>`,
  );
  return `<section><h2>What was run</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Settings"><table><tbody>${rows.join('\n')}</tbody></table></div></section>`;
}
