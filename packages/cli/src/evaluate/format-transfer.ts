import {
  metricNames,
  type TransferCell,
  type TransferRow,
} from '@latent-matte/backend-node/evaluate';

const WIDTH = 34;

/** Rows are the models for which pictures were made, columns those that judge them. */
export function formatTransfer(rows: readonly TransferRow[]): string {
  const judges = [...new Set(rows.flatMap(({ cells }) => Object.keys(cells)))];
  const label = Math.max(10, ...rows.map(({ reference }) => reference.length)) + 2;
  const line = (first: string, cell: (judge: string) => string): string =>
    first.padEnd(label) + judges.map((judge) => cell(judge).padStart(WIDTH)).join('');
  return [
    'transfer · %Δ of the mean: Grad, Conn, MSE, SAD; in brackets the share of pictures whose SAD rose by more than 2 %',
    '',
    line('made for', (judge) => judge),
    ...rows.map(({ reference, cells }) => line(reference, (judge) => cellText(cells[judge]))),
  ].join('\n');
}

function cellText(cell: TransferCell | undefined): string {
  if (cell === undefined || cell.images === 0) return '—';
  const changes = metricNames.map((name) => {
    const value = cell.percent[name];
    return Number.isFinite(value) ? `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}` : '—';
  });
  return `${changes.join(' ')} (${Math.round(100 * cell.harmed)} %)`;
}
