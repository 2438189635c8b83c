import type { LongCall } from '../../contracts';

/** The signal in the options of a call, which come last. */
export function signalOf({ arguments: args }: LongCall): AbortSignal | undefined {
  const options = args.at(-1) as { signal?: AbortSignal } | undefined | null;
  return options?.signal;
}
