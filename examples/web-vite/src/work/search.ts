import {
  type AbortedError,
  type Enhancement,
  type EnhancementStep,
  type EnhanceOptions,
  enhancePortrait,
  LatentMatteError,
  type RasterImage,
} from '@latent-matte/backend-web/page';
import type { EnhancementPhase } from '@latent-matte/core';
import { announce, element } from '../elements';
import { LossCharts } from '../result/loss-charts';

const parts = {
  bar: element<HTMLProgressElement>('progress-bar'),
  step: element('progress-step'),
  left: element('progress-left'),
};
const charts = new LossCharts(element('charts'));

/**
 * Searches for a version of the photo that is easier to cut out, and tells how far it is. Runs to the end, or to the
 * signal with the best so far.
 *
 * @param onPreview the portrait and its matte at a step, in the frame of the networks
 * @throws AbortedError it was cancelled before the first step
 */
export async function search(
  photo: RasterImage,
  options: EnhanceOptions,
  signal: AbortSignal,
  onPreview: (preview: NonNullable<EnhancementStep['preview']>) => void,
): Promise<{ readonly enhancement: Enhancement; readonly cancelled: boolean }> {
  charts.clear();
  try {
    const enhancement = await enhancePortrait(photo, {
      ...options,
      signal,
      onProgress: (step) => {
        tell(step);
        if (step.preview !== undefined) onPreview(step.preview);
      },
      advanced: { ...options.advanced, onPhase },
    });
    return { enhancement, cancelled: false };
  } catch (error) {
    // Cancelled after the first step: what was best until then is a result all the same.
    const best = isAbort(error) ? (error as AbortedError<Enhancement>).best : undefined;
    if (best === undefined) throw error;
    return { enhancement: best, cancelled: true };
  }
}

export const isAbort = (error: unknown): boolean =>
  LatentMatteError.isInstance(error) && error.code === 'ABORTED';

const phases: Readonly<Record<EnhancementPhase, string>> = {
  load: 'Loading the networks',
  invert: 'Taking the photo apart',
  optimize: 'First step',
  finish: 'Cutting out at full size',
};

/** The search begins: nothing is known about it yet. */
export function tellStart(): void {
  parts.bar.removeAttribute('value');
  parts.left.textContent = '';
  parts.step.textContent = 'Starting the device';
}

export function tellStopping(): void {
  parts.step.textContent = 'Stopping';
}

function onPhase(phase: EnhancementPhase): void {
  parts.step.textContent = phases[phase];
  if (phase === 'finish') parts.left.textContent = '';
  announce(phases[phase]);
}

function tell(step: EnhancementStep): void {
  const { step: done, steps, remainingSeconds } = step;
  parts.bar.value = done / steps;
  parts.step.textContent = `Step ${done} of ${steps}`;
  parts.left.textContent = done === 0 ? '' : remaining(remainingSeconds);
  document.title = `${done}/${steps} · latent-matte`;
  charts.add(step);
  const quarter = (at: number) => Math.floor((at * 4) / steps);
  // Every quarter: more would talk without end.
  if (done > 0 && done < steps && quarter(done) > quarter(done - 1)) {
    announce(`${Math.round((100 * done) / steps)} per cent. ${remaining(remainingSeconds)}.`);
  }
}

function remaining(seconds: number): string {
  if (seconds < 1) return 'nearly there';
  if (seconds < 90) return `about ${Math.ceil(seconds)} s left`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `about ${minutes} min left` : `about ${Math.round(minutes / 60)} h left`;
}
