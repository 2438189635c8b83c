import { progressBar } from './progress-bar';
import type { Terminal } from './terminal';

/** Shows a count that rises to a total: a bar on a terminal, nothing elsewhere. Call `stop` in `finally`. */
export interface CountProgress {
  update(progress: { loaded: number; total: number }): void;
  stop(): void;
}

/** @param label what is being done, for instance the file name */
export function countProgress({ bar: stream }: Terminal, label: string): CountProgress {
  if (stream === undefined) return { update: () => undefined, stop: () => undefined };
  const bar = progressBar(stream, `${label} {bar} {value}/{total}`);
  let started = false;
  return {
    update({ loaded, total }) {
      if (!started) bar.start(total, loaded);
      started = true;
      bar.update(loaded);
    },
    stop() {
      if (started) bar.stop();
      started = false;
    },
  };
}
