import { AbortedError } from '../../errors';
import type { CallHooks } from './answer-call';
import { plainCopy } from './plain-values';
import type { PlainCall, SplitCall } from './split-call';

/** A {@link CallHost} seen from the other thread, for one call. */
export interface CallPort {
  open(call: PlainCall, hooks: CallHooks): Promise<void>;
  next(): Promise<IteratorResult<unknown, unknown>>;
  /** Not waited for: the call ends with its own error. */
  abort(): void;
  close(): Promise<void>;
}

/** Runs a call on another thread, step by step as the caller takes them. */
export async function* remoteCall<Step, Result>(
  { plain, signal, listeners, source }: SplitCall,
  port: CallPort,
): AsyncGenerator<Step, Result, void> {
  if (signal?.aborted) throw new AbortedError('Cancelled before the start.');
  // What a listener or a stream of the caller throws ends the call, and stays what it is.
  let thrown: { readonly error: unknown } | undefined;
  const guarded = <Value>(work: () => Value): Value | undefined => {
    try {
      return work();
    } catch (error) {
      thrown ??= { error };
      port.abort();
      return undefined;
    }
  };
  const hooks: CallHooks = {
    tell: (listener, event) => void guarded(() => listeners.get(listener)?.(event)),
    pull: async () => {
      try {
        const { done, value } = await source!.next();
        return done ? { done, value: undefined } : { done: false, value: plainCopy(value) };
      } catch (error) {
        thrown ??= { error };
        throw error;
      }
    },
  };
  const abort = (): void => port.abort();
  signal?.addEventListener('abort', abort);
  try {
    await port.open(plain, hooks);
    for (;;) {
      const { done, value } = await port.next();
      if (thrown !== undefined) throw thrown.error;
      if (done) return value as Result;
      yield value as Step;
    }
  } catch (error) {
    if (thrown !== undefined) throw thrown.error;
    // The reason stayed on this side.
    if (signal?.aborted && AbortedError.isInstance(error)) error.cause = signal.reason;
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
    // A worker that is gone has freed everything. What a call could not free is in its own error.
    await port.close().catch(() => undefined);
    await source?.return?.();
  }
}
