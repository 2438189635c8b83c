/**
 * A controller of one's own that `signal` fires too, with its reason. Not `AbortSignal.any`, which the first releases of
 * Node 20 lack.
 *
 * @returns the controller, and what lets go of `signal`
 */
export function stopWith(signal: AbortSignal): { stop: AbortController; release: () => void } {
  const stop = new AbortController();
  const fired = (): void => stop.abort(signal.reason);
  if (signal.aborted) fired();
  else signal.addEventListener('abort', fired, { once: true });
  return { stop, release: () => signal.removeEventListener('abort', fired) };
}
