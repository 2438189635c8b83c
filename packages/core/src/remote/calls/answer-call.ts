import { longCalls } from './long-calls';
import type { PlainCall } from './split-call';

/** What a call reaches on the thread it came from. */
export interface CallHooks {
  /** Something is told to a listener of the options, which is named by its place. */
  tell(listener: string, event: unknown): void;
  /** The next picture of a stream. */
  pull(): Promise<IteratorResult<unknown, void>>;
}

/** Begins a call that came from another thread, with the backend of this one. */
export function answerCall(
  { name, arguments: args, listeners, pulls }: PlainCall,
  signal: AbortSignal,
  { tell, pull }: CallHooks,
): AsyncGenerator<unknown, unknown, void> {
  const options: Record<string, unknown> = {
    ...(args.at(-1) as object),
    signal,
    ...(pulls && { portraits: { [Symbol.asyncIterator]: () => ({ next: pull }) } }),
  };
  for (const path of listeners) place(options, path, (event) => tell(path, event));
  const begin = longCalls[name] as (...values: unknown[]) => AsyncGenerator<unknown, unknown, void>;
  return begin(...args.slice(0, -1), options);
}

function place(options: object, path: string, listener: (event: unknown) => void): void {
  const keys = path.split('.');
  let at = options as Record<string, unknown>;
  for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>;
  at[keys.at(-1)!] = listener;
}
