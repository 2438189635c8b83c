import type { EnhancementStep } from '@latent-matte/backend-node';
import type { EnhancementPhase } from '@latent-matte/backend-node/core';
import { progressBar } from './progress-bar';
import type { Terminal } from './terminal';

/** Shows how an enhancement advances: plug `onPhase` and `onProgress` into its options, `stop` in `finally`. */
export interface Progress {
  onPhase(phase: EnhancementPhase): void;
  onProgress(step: EnhancementStep): void;
  /** Takes the bar off the screen. Safe to call twice. */
  stop(): void;
}

const phaseNames: Record<EnhancementPhase, string> = {
  load: 'loading the models',
  invert: 'inverting',
  optimize: 'optimising',
  finish: 'finishing',
};

/** Without a terminal, one line at least this often. */
const LINE_SECONDS = 5;

/**
 * A bar with ETA and losses on a terminal, plain lines elsewhere.
 *
 * ```ts
 * import { enhancePortrait } from '@latent-matte/backend-node';
 * import { createProgress, processTerminal } from 'latent-matte';
 *
 * const progress = createProgress(processTerminal, 'photo.jpg');
 * const { onPhase, onProgress } = progress;
 * await enhancePortrait('photo.jpg', { onProgress, advanced: { onPhase } });
 * progress.stop();
 * ```
 *
 * @param label for instance the file name
 */
export function createProgress(terminal: Terminal, label: string): Progress {
  return terminal.bar === undefined ? lines(terminal, label) : bar(terminal.bar, label);
}

function bar(stream: NodeJS.WriteStream, label: string): Progress {
  const display = progressBar(stream, `${label} {bar} {value}/{total} {state}`);
  let started = false;
  const start = (total: number): void => {
    if (!started) display.start(total, 0, { state: '' });
    started = true;
  };
  return {
    onPhase(phase) {
      start(1);
      display.update({ state: phaseNames[phase] });
    },
    onProgress(step) {
      start(step.steps);
      display.setTotal(Math.max(1, step.steps));
      display.update(step.step, { state: describeStep(step) });
    },
    stop() {
      if (started) display.stop();
      started = false;
    },
  };
}

function lines(terminal: Terminal, label: string): Progress {
  let last = Number.NEGATIVE_INFINITY;
  return {
    onPhase: (phase) => terminal.note(`${label}: ${phaseNames[phase]}`),
    onProgress(step) {
      const due = step.elapsedSeconds - last >= LINE_SECONDS;
      if (!due && step.step !== 0 && step.step !== step.steps) return;
      last = step.elapsedSeconds;
      terminal.note(`${label}: ${step.step}/${step.steps} ${describeStep(step)}`);
    },
    stop: () => undefined,
  };
}

/** `ETA 12 s · entropy 0.0312 · consistency 0.0001 · 41.2 dB` */
export function describeStep(step: EnhancementStep): string {
  const losses = Object.entries(step.losses).map(
    ([name, value]) => `${name} ${value.toPrecision(3)}`,
  );
  const similarity = Number.isFinite(step.psnr) ? [`${step.psnr.toFixed(1)} dB`] : [];
  const eta = Number.isFinite(step.remainingSeconds)
    ? [`ETA ${formatSeconds(step.remainingSeconds)}`]
    : [];
  return [...eta, ...losses, ...similarity].join(' · ');
}

/** `12 s`, `3 min 05 s`, `1 h 02 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}
