import { AbortedError } from './errors';

/** Milliseconds in which whoever is told of an abort by a message ends by itself, with its best result so far. */
const GRACE = 2000;

let asked: (() => boolean) | undefined;
let since: number | undefined;

/** Where a thread that computes looks whether it should stop: messages do not reach it until it is done. */
export function interruptWhen(wanted: () => boolean): void {
  asked = wanted;
  since = undefined;
}

/**
 * Called between the pieces of a long synchronous computation.
 *
 * @throws AbortedError it should have stopped some seconds ago
 */
export function throwIfInterrupted(): void {
  if (asked?.() !== true) {
    since = undefined;
    return;
  }
  since ??= performance.now();
  if (performance.now() - since >= GRACE) throw new AbortedError('Cancelled in the middle.');
}
