import type { MatteErrors } from '../../metrics';
import type { PlainFigure, PlainRow, PlainSummary } from './types';

/** One model's rows in figures. @param rows at least one */
export function summarizePlain(model: string, rows: readonly PlainRow[]): PlainSummary {
  const unknown = errorsOf(rows.flatMap((row) => row.unknown ?? []));
  const whole = errorsOf(rows.flatMap((row) => row.whole ?? []));
  return {
    model,
    pictures: rows.length,
    ...(unknown && { unknown }),
    ...(whole && { whole }),
    iou: figure(
      rows.map(({ iou }) => iou),
      'low',
    ),
    gross: rows.filter(({ gross }) => gross.failed).map(({ picture }) => picture),
    seconds: median(rows.map(({ seconds }) => seconds)),
  };
}

function errorsOf(
  list: readonly MatteErrors[],
): Readonly<Record<keyof MatteErrors, PlainFigure>> | undefined {
  if (list.length === 0) return undefined;
  const of = (name: keyof MatteErrors) =>
    figure(
      list.map((errors) => errors[name]),
      'high',
    );
  return { grad: of('grad'), conn: of('conn'), mse: of('mse'), sad: of('sad') };
}

/** @param worst which end of the values is the bad one */
function figure(values: readonly number[], worst: 'high' | 'low'): PlainFigure {
  const sorted = [...values].sort((a, b) => (worst === 'high' ? b - a : a - b));
  const tenth = sorted.slice(0, Math.ceil(values.length / 10));
  return { mean: mean(values), worstDecile: mean(tenth) };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}
