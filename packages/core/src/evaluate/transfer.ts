import type { MatteErrors } from '../metrics';
import { mean, relativeChange } from './compare-errors';
import { metricNames } from './summarize-rows';
import type { EvaluationRow, JudgedErrors } from './types';

/** A picture whose SAD rose by more, per cent, was harmed. */
export const HARM = 2;

/** What one model says of the pictures that were made for another, or for itself. */
export interface TransferCell {
  readonly images: number;
  /** Change of the mean, per cent; below 0 = better. */
  readonly percent: Readonly<Record<keyof MatteErrors, number>>;
  /** Share of the pictures whose SAD rose by more than 2 %, in [0, 1]. */
  readonly harmed: number;
}

/** The pictures that were made for one reference. */
export interface TransferRow {
  readonly reference: string;
  /** By judge; the reference's own judgement under its name. */
  readonly cells: Readonly<Record<string, TransferCell>>;
}

/**
 * Which models read the changes that were made for one: rows are references, columns judges.
 *
 * ```ts
 * import { evaluateMatting, transferRow } from '@latent-matte/core/evaluate';
 *
 * const { rows } = await evaluateMatting(samples);
 * console.log(transferRow('portrait-matte', rows));
 * ```
 */
export function transferRow(reference: string, rows: readonly EvaluationRow[]): TransferRow {
  const names = [...new Set(rows.flatMap(({ judges = {} }) => Object.keys(judges)))];
  const cells: Record<string, TransferCell> = { [reference]: cellOf(rows) };
  for (const name of names)
    cells[name] = cellOf(rows.flatMap(({ judges }) => judges?.[name] ?? []));
  return { reference, cells };
}

function cellOf(pairs: readonly JudgedErrors[]): TransferCell {
  const change = (name: keyof MatteErrors): number =>
    relativeChange(
      mean(pairs.map(({ original }) => original[name])),
      mean(pairs.map(({ enhanced }) => enhanced[name])),
    );
  const harmed = pairs.filter(
    ({ original, enhanced }) => relativeChange(original.sad, enhanced.sad) > HARM,
  );
  return {
    images: pairs.length,
    percent: Object.fromEntries(
      metricNames.map((name) => [name, change(name)]),
    ) as TransferCell['percent'],
    harmed: pairs.length === 0 ? 0 : harmed.length / pairs.length,
  };
}
