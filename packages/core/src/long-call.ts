import { backendInUse } from './backend-in-use';
import type { LongCallName } from './contracts';
import { drainSteps } from './drain-steps';

/**
 * Lets the backend in use decide where a long public function runs, and what becomes of it when the device is lost.
 *
 * @param args as the caller gave them
 * @param here begins it on this thread, each time anew
 */
export function longCall<Step, Result>(
  name: LongCallName,
  args: readonly unknown[],
  here: () => AsyncGenerator<Step, Result, void>,
): AsyncGenerator<Step, Result, void> {
  const backend = backendInUse();
  return backend?.run === undefined ? here() : backend.run({ name, arguments: args }, here);
}

/** {@link longCall} for a function without steps. */
export async function longAnswer<Result>(
  name: LongCallName,
  args: readonly unknown[],
  here: () => Promise<Result>,
): Promise<Result> {
  return await drainSteps(
    longCall(name, args, () => answerOf(here)),
    undefined,
  );
}

/** A promise as a call that takes no steps. */
export async function* answerOf<Result>(
  here: () => Promise<Result>,
): AsyncGenerator<never, Result, void> {
  yield* [];
  return await here();
}
