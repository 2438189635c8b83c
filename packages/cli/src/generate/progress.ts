import type { GenerationProgress } from '@latent-matte/backend-node/generate';
import { formatSeconds } from '../terminal/progress';
import { progressBar } from '../terminal/progress-bar';
import type { Terminal } from '../terminal/terminal';

/** Without a terminal, one line at least this often. */
const LINE_SECONDS = 10;

/** A bar over all pairs on a terminal, a line now and then elsewhere. `stop` in `finally`. */
export function createGenerationProgress({ bar: stream, note }: Terminal): {
  update(progress: GenerationProgress): void;
  stop(): void;
} {
  if (stream === undefined) {
    let last = Number.NEGATIVE_INFINITY;
    return {
      update(progress) {
        const { elapsedSeconds, done, count } = progress;
        if (elapsedSeconds - last < LINE_SECONDS && done < count) return;
        last = elapsedSeconds;
        note(`${done}/${count} pairs ${describe(progress)}`);
      },
      stop: () => undefined,
    };
  }
  const bar = progressBar(stream, 'pairs {bar} {value}/{total} {state}');
  let started = false;
  return {
    update(progress) {
      if (!started) bar.start(progress.count, progress.done, { state: '' });
      started = true;
      bar.update(progress.done, { state: describe(progress) });
    },
    stop() {
      if (started) bar.stop();
      started = false;
    },
  };
}

/** `ETA 2 min 03 s · 1 rejected · pair 7 step 40/500` */
function describe(progress: GenerationProgress): string {
  const { remainingSeconds, rejected, indices, step, steps } = progress;
  return [
    ...(Number.isFinite(remainingSeconds) ? [`ETA ${formatSeconds(remainingSeconds)}`] : []),
    ...(rejected > 0 ? [`${rejected} rejected`] : []),
    ...(indices.length > 0 ? [`pair ${indices.join(', ')} step ${step}/${steps}`] : []),
  ].join(' · ');
}
