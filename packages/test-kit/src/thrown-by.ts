/** Calls something to its end, what it yields too. @returns what it throws; undefined when it does not */
export async function thrownBy(call: () => unknown): Promise<unknown> {
  try {
    const result = await call();
    if (typeof result === 'object' && result !== null && Symbol.asyncIterator in result) {
      for await (const _ of result as AsyncIterable<unknown>) break;
    }
    return undefined;
  } catch (error) {
    return error;
  }
}
