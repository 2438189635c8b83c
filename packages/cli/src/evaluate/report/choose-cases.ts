import { type EvaluationRow, relativeChange } from '@latent-matte/backend-node/evaluate';
import type { CasePictures, CaseStore } from '../case-store';
import type { EvaluationDocument } from '../evaluation-document';
import { taskName } from '../run-plan';

/** One picture to look at. */
export interface ShownCase {
  readonly label: 'best' | 'median' | 'worst';
  readonly row: EvaluationRow;
  /** Change of SAD, per cent. */
  readonly change: number;
  /** Absent when the run that measured it kept none. */
  readonly pictures?: CasePictures;
}

/** Reference model → its cases. */
export type ShownCases = ReadonlyMap<string, readonly ShownCase[]>;

/** The pictures whose SAD fell most, rose most (or fell least), and the one between: by the change in per cent. */
export function extremes(rows: readonly EvaluationRow[]): Omit<ShownCase, 'pictures'>[] {
  const ordered = rows
    .map((row) => ({ row, change: relativeChange(row.original.sad, row.enhanced.sad) }))
    .filter(({ change }) => Number.isFinite(change))
    .sort((a, b) => a.change - b.change);
  const places = {
    best: 0,
    median: Math.floor((ordered.length - 1) / 2),
    worst: ordered.length - 1,
  };
  const labels = ['best', 'median', 'worst'] as const;
  return labels
    .filter(
      (label, i) =>
        ordered.length > 0 && labels.findIndex((l) => places[l] === places[label]) === i,
    )
    .map((label) => ({ label, ...ordered[places[label]]! }));
}

export async function chooseCases(
  { evaluations }: EvaluationDocument,
  store: Pick<CaseStore, 'find'>,
): Promise<ShownCases> {
  const cases = new Map<string, ShownCase[]>();
  for (const { model, rows } of evaluations) {
    const shown: ShownCase[] = [];
    for (const extreme of extremes(rows)) {
      const pictures = await store.find(taskName({ variant: '', model }, extreme.row.name));
      shown.push({ ...extreme, ...(pictures && { pictures }) });
    }
    cases.set(model, shown);
  }
  return cases;
}
