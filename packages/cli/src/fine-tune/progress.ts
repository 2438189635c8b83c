import type { FineTuneStep } from '@latent-matte/backend-node/fine-tune';
import { countProgress } from '../terminal/count-progress';
import { formatSeconds } from '../terminal/progress';
import type { Terminal } from '../terminal/terminal';

/** Without a terminal, one line at least this often. */
const LINE_SECONDS = 5;

/** A bar with the share of the updates, or now and then a line with the loss. */
export function trainingProgress(terminal: Terminal, label: string) {
  const bar = countProgress(terminal, label);
  let last = Number.NEGATIVE_INFINITY;
  return {
    onProgress(step: FineTuneStep): void {
      bar.update({ loaded: step.step, total: step.steps });
      const { elapsedSeconds, validation } = step;
      const due = elapsedSeconds - last >= LINE_SECONDS || validation !== undefined;
      if (terminal.bar !== undefined || !due) return;
      last = elapsedSeconds;
      const parts = [
        ...(step.loss === undefined ? [] : [`loss ${step.loss.toFixed(4)}`]),
        ...(validation
          ? [`validation SAD ${validation.sad.toFixed(3)}, best at ${step.best}`]
          : []),
        ...(Number.isFinite(step.remainingSeconds)
          ? [`ETA ${formatSeconds(step.remainingSeconds)}`]
          : []),
      ];
      terminal.note(`${label}: ${step.step}/${step.steps} ${parts.join(' · ')}`);
    },
    stop: () => bar.stop(),
  };
}
