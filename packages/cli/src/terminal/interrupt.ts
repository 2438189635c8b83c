import type { Terminal } from './terminal';

/**
 * A signal that the first Ctrl-C (or SIGTERM) fires, so that the command can clean up. A second Ctrl-C ends the
 * process at once.
 */
export function interruptSignal(terminal: Terminal): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(130);
    terminal.note('\nStopping after this step; press Ctrl-C again to quit at once.');
    controller.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    release() {
      process.removeListener('SIGINT', onSignal);
      process.removeListener('SIGTERM', onSignal);
    },
  };
}
