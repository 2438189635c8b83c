import type { EnhancementStep } from '@latent-matte/backend-node';
import type { PictureHooks } from '@latent-matte/backend-node/evaluate';
import { Presets, SingleBar } from 'cli-progress';
import { describeStep, formatSeconds } from '../terminal/progress';
import type { Terminal } from '../terminal/terminal';
import { failureReason } from './evaluation-document';
import type { StateEntry } from './state-file';

/** Shows how an evaluation advances. `start` and `stop` once per plan. */
export interface EvaluationProgress {
  start(plan: { readonly variant: string; readonly model: string }, pictures: number): void;
  /** Callbacks for the enhancement of one picture. */
  picture(name: string): Pick<PictureHooks, 'onProgress'>;
  done(entry: StateEntry): void;
  /** What concerns every picture of the plan. */
  warn(warning: string): void;
  stop(): void;
}

/** A bar over all pictures on a terminal, a line per picture elsewhere. */
export function createEvaluationProgress(terminal: Terminal): EvaluationProgress {
  let label = '';
  let total = 0;
  let finished = 0;
  let began = 0;
  let bar: SingleBar | undefined;
  const remaining = (): string => {
    if (finished === 0) return '';
    const seconds = ((performance.now() - began) / 1000 / finished) * (total - finished);
    return `${formatSeconds(seconds)} to go`;
  };
  return {
    start({ variant, model }, pictures) {
      label = [model, variant === '' ? [] : variant].flat().join(' · ');
      total = pictures;
      finished = 0;
      began = performance.now();
      if (terminal.bar === undefined || pictures === 0) return;
      bar = new SingleBar(
        {
          format: '{label} {bar} {value}/{total} {eta_text} {state}',
          stream: terminal.bar,
          hideCursor: true,
          clearOnComplete: true,
          barsize: 24,
          gracefulExit: false,
        },
        Presets.shades_classic,
      );
      bar.start(pictures, 0, {
        label: printable(label),
        eta_text: '',
        state: 'loading the models',
      });
    },
    picture: (name) => ({
      onProgress: (step: EnhancementStep) =>
        bar?.update({
          state: `· ${printable(name)} ${step.step}/${step.steps} ${describeStep(step)}`,
        }),
    }),
    done({ row, failure }) {
      finished++;
      bar?.update(finished, { eta_text: remaining(), state: '' });
      if (bar !== undefined) return;
      const what =
        row === undefined
          ? `not measured: ${failureReason(failure!)}`
          : `grad ${row.original.grad.toFixed(3)} → ${row.enhanced.grad.toFixed(3)}, ` +
            `sad ${row.original.sad.toFixed(3)} → ${row.enhanced.sad.toFixed(3)}` +
            (row.warnings ?? []).map((warning) => `; ${warning}`).join('');
      const { name } = row ?? failure!;
      terminal.note(printable(`${label} ${finished}/${total} ${name}: ${what}; ${remaining()}`));
    },
    warn: (warning) => terminal.note(printable(`${label}: ${warning}`)),
    stop() {
      bar?.stop();
      bar = undefined;
    },
  };
}

/** A file name may hold anything, control sequences of terminals included. */
export const printable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');
