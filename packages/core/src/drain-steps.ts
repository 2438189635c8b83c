/** Runs a step generator to its end, telling a listener of each step. @returns its result */
export async function drainSteps<Step, Result>(
  steps: AsyncGenerator<Step, Result, void>,
  onStep: ((step: Step) => void) | undefined,
): Promise<Result> {
  try {
    for (;;) {
      const { value, done } = await steps.next();
      if (done) return value;
      onStep?.(value);
    }
  } catch (error) {
    // When the listener threw: the iteration would otherwise never end, and free nothing.
    await steps.return(undefined as never);
    throw error;
  }
}
