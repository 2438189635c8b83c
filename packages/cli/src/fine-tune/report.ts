import type { MatteErrors } from '@latent-matte/backend-node/evaluate';
import type { FineTuning, MetricName, PairSet } from '@latent-matte/backend-node/fine-tune';
import { formatSeconds } from '../terminal/progress';
import type { Terminal } from '../terminal/terminal';
import type { FineTuneCommandOptions } from './grammar';

/** One set of pairs before and after. */
export interface Measured {
  readonly folder: string;
  readonly pictures: number;
  readonly before: MatteErrors;
  readonly after: MatteErrors;
}

/** Prints what a training did: text, or JSON with `--json`. */
export function reportFineTuning(
  result: FineTuning,
  tests: readonly Measured[],
  validation: PairSet | undefined,
  options: FineTuneCommandOptions,
  terminal: Terminal,
): void {
  const { before, after, history, ...summary } = result;
  const judged: Measured[] =
    validation && before && after
      ? [{ folder: options.validation!, pictures: validation.length, before, after }]
      : [];
  if (options.json) {
    const { out } = options;
    terminal.out(
      JSON.stringify({ out, ...summary, validation: judged[0] ?? null, tests, history }, null, 2),
    );
    return;
  }
  const { model, steps, bestStep, stoppedEarly, seconds } = result;
  terminal.out(
    [
      `${model} → ${options.out}`,
      `  ${steps} steps in ${formatSeconds(seconds)}${stoppedEarly ? ', stopped early' : ''}; weights of step ${bestStep}`,
      ...(bestStep === 0 ? ['  nothing was better than the start'] : []),
      ...result.warnings.map((warning) => `  note       ${warning}`),
      ...judged.flatMap((set) => table('validation', set)),
      ...tests.flatMap((set) => table('test', set)),
    ].join('\n'),
  );
}

const digits = { grad: 3, conn: 3, mse: 5, sad: 3 } as const;

function table(role: string, { folder, pictures, before, after }: Measured): string[] {
  const cell = (text: string) => text.padStart(9);
  const names = Object.keys(digits) as MetricName[];
  const row = (label: string, errors: MatteErrors) =>
    `    ${label.padEnd(8)}${names.map((name) => cell(errors[name].toFixed(digits[name]))).join('')}`;
  const change = names.map((name) =>
    cell(before[name] === 0 ? '–' : `${((100 * after[name]) / before[name] - 100).toFixed(1)} %`),
  );
  return [
    `  ${role} ${folder}, ${pictures} pictures`,
    `    ${''.padEnd(8)}${['Grad', 'Conn', 'MSE', 'SAD'].map(cell).join('')}`,
    row('before', before),
    row('after', after),
    `    ${'change'.padEnd(8)}${change.join('')}`,
  ];
}
