import { AbortedError } from '../errors';

/**
 * A long computation in pieces of a few milliseconds to a second. Yields the share that is done, in [0, 1], and
 * returns the result.
 */
export type Work<Result> = Generator<number, Result, void>;

export interface WorkOptions {
  /** Stops the work at the next piece. */
  signal?: AbortSignal;
  /** Share that is done, in [0, 1]; never goes back. */
  onProgress?: (done: number) => void;
}

/** Milliseconds of work before timers, signals and input handlers get their turn. */
const SLICE = 40;

/** Runs work to its end without a pause. */
export function finish<Result>(work: Work<Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/**
 * Runs work and lets the event loop turn in between.
 * @param operation what the caller asked for, for the message: `Matte refinement`
 * @throws AbortedError the signal fired
 */
export async function finishInSlices<Result>(
  work: Work<Result>,
  { signal, onProgress, operation = 'The computation' }: WorkOptions & { operation?: string } = {},
): Promise<Result> {
  let sliceEnd = performance.now() + SLICE;
  let reported = 0;
  for (;;) {
    if (signal?.aborted) throw new AbortedError(`${operation} was cancelled.`);
    const step = work.next();
    if (step.done) {
      onProgress?.(1);
      return step.value;
    }
    if (performance.now() < sliceEnd) continue;
    reported = Math.max(reported, step.value);
    onProgress?.(reported);
    await new Promise((resolve) => setTimeout(resolve));
    sliceEnd = performance.now() + SLICE;
  }
}

/** Work as a part of a larger one: its shares run from `from` to `to`. */
export function* asPart<Result>(work: Work<Result>, from: number, to: number): Work<Result> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    yield from + (to - from) * step.value;
  }
}

/** Calls `piece(from, to)` over the whole of [0, size), `length` at a time. */
export function* inPieces(
  size: number,
  length: number,
  piece: (from: number, to: number) => void,
): Work<void> {
  for (let from = 0; from < size; from += length) {
    piece(from, Math.min(size, from + length));
    yield Math.min(1, (from + length) / size);
  }
}
