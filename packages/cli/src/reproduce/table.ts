import type { MatteErrors } from '@latent-matte/backend-node/evaluate';
import { type ProtocolErrors, readings } from './measure';
import { paperFigures } from './paper-figures';
import type { PictureResult } from './picture-result';

const METRICS = ['sad', 'mse', 'grad', 'conn'] as const;

const titles: Readonly<Record<(typeof readings)[number], string>> = {
  asRun: "the authors' code as it runs (whole picture, Grad ÷ 10; SAD and MSE wrap around)",
  asIntended: "the authors' code as it was meant (mattes stretched, no wrap-around)",
  plain: 'the right values in their protocol (whole picture, Grad ÷ 10)',
  unknown: 'ours: the unknown region of the given trimap, Grad ÷ 1000',
};

/** Means over pictures of one reading, of the originals and the enhanced ones. */
export interface Means {
  readonly reading: (typeof readings)[number];
  readonly pictures: number;
  readonly original: MatteErrors;
  readonly enhanced: MatteErrors;
}

/** Over the pictures that have the reading. */
export function meansOf(results: readonly PictureResult[]): Means[] {
  return readings.flatMap((reading): Means[] => {
    const measured = results.filter(({ original }) => original[reading] !== undefined);
    if (measured.length === 0) return [];
    const mean = (pick: (result: PictureResult) => ProtocolErrors) =>
      Object.fromEntries(
        METRICS.map((metric) => [
          metric,
          measured.reduce((sum, result) => sum + pick(result)[reading]![metric], 0) /
            measured.length,
        ]),
      ) as unknown as MatteErrors;
    return [
      {
        reading,
        pictures: measured.length,
        original: mean(({ original }) => original),
        enhanced: mean(({ enhanced }) => enhanced),
      },
    ];
  });
}

/** The tables as text: means, every picture, and what is known of the paper's. */
export function formatTable(results: readonly PictureResult[]): string {
  const lines: string[] = [];
  for (const { reading, pictures, original, enhanced } of meansOf(results)) {
    lines.push(`${titles[reading]}; ${pictures} ${pictures === 1 ? 'picture' : 'pictures'}`);
    lines.push(row('', ['SAD', 'MSE ×10³', 'Grad', 'Conn']));
    for (const result of results) {
      const [before, after] = [result.original[reading], result.enhanced[reading]];
      if (before === undefined || after === undefined) continue;
      lines.push(
        row(
          `  ${result.name}`,
          METRICS.map((metric) => `${said(metric, before)} → ${said(metric, after)}`),
        ),
      );
    }
    lines.push(
      row(
        '  mean, original',
        METRICS.map((metric) => said(metric, original)),
      ),
    );
    lines.push(
      row(
        '  mean, enhanced',
        METRICS.map((metric) => said(metric, enhanced)),
      ),
    );
    lines.push(
      row(
        '  change',
        METRICS.map((metric) => percent(original[metric], enhanced[metric])),
      ),
      '',
    );
  }
  return [...lines, ...paperFigures].join('\n');
}

const row = (head: string, cells: readonly string[]): string =>
  [head.padEnd(22), ...cells.map((cell) => cell.padStart(20))].join('').trimEnd();

const said = (metric: keyof MatteErrors, errors: MatteErrors): string =>
  (errors[metric] * (metric === 'mse' ? 1000 : 1)).toFixed(3);

function percent(from: number, to: number): string {
  if (from === 0) return '-';
  const change = (100 * (to - from)) / from;
  return `${change > 0 ? '+' : ''}${change.toFixed(1)} %`;
}
