import { warningsNote } from '../warnings-note';
import type { PlainEvaluation, PlainFigure, PlainSummary } from './types';

type Column = readonly [title: string, value: (summary: PlainSummary) => string];

/** Three significant digits, and no exponent. */
const digits = (value: number): string => {
  const places = value === 0 ? 2 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(places, 5));
};

/** `3.08 (14.9)`: mean and worst tenth. */
const both = (figure: PlainFigure | undefined): string =>
  figure === undefined ? '' : `${digits(figure.mean)} (${digits(figure.worstDecile)})`;

const columns: readonly Column[] = [
  ['network', ({ model }) => model],
  ['SAD', ({ whole }) => both(whole?.sad)],
  ['Grad', ({ whole }) => both(whole?.grad)],
  ['Conn', ({ whole }) => both(whole?.conn)],
  ['MSE × 10³', ({ whole }) => both(whole && perMille(whole.mse))],
  ['unknown SAD', ({ unknown }) => both(unknown?.sad)],
  ['unknown Grad', ({ unknown }) => both(unknown?.grad)],
  ['unknown Conn', ({ unknown }) => both(unknown?.conn)],
  ['unknown MSE × 10³', ({ unknown }) => both(unknown && perMille(unknown.mse))],
  ['IoU', ({ iou }) => `${iou.mean.toFixed(3)} (${iou.worstDecile.toFixed(3)})`],
  ['gross failures', ({ gross, pictures }) => `${gross.length} of ${pictures}`],
  ['seconds', ({ seconds }) => digits(seconds)],
];

/**
 * The summaries as a table in Markdown, a row per model: the mean, and in brackets that of the worst tenth. Columns that
 * no model has, as errors against hard masks, are left out.
 *
 * ```ts
 * import { formatPlain, measureModels } from '@latent-matte/core/evaluate';
 * import { loadModel } from '@latent-matte/models';
 *
 * const matting = await loadModel('portrait-matte');
 * console.log(formatPlain(await measureModels(samples, [{ matting }])));
 * ```
 */
export function formatPlain({ summaries, rows }: PlainEvaluation): string {
  const shown = columns.filter(([, value]) => summaries.some((summary) => value(summary) !== ''));
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const note = warningsNote(
    rows.map(({ picture, warnings }) => ({ name: picture, ...(warnings && { warnings }) })),
  );
  return [
    line(shown.map(([title]) => title)),
    line(shown.map((_, i) => (i === 0 ? '---' : '---:'))),
    ...summaries.map((summary) => line(shown.map(([, value]) => value(summary)))),
    ...(note === undefined ? [] : ['', note]),
  ].join('\n');
}

const perMille = ({ mean, worstDecile }: PlainFigure): PlainFigure => ({
  mean: 1000 * mean,
  worstDecile: 1000 * worstDecile,
});
