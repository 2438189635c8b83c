/**
 * Works on what comes, begun in its order, at most `count` at a time.
 *
 * @param onFailure called once, at the first failure: ends `items`, and the work that runs
 * @throws the first failure, when all that was begun has ended
 */
export async function severalAtATime<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  count: number,
  work: (item: Item) => Promise<void>,
  onFailure: () => void,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const begin = async (item: Item): Promise<void> => {
    try {
      await work(item);
    } catch (error) {
      if (failure !== undefined) return;
      failure = { error };
      onFailure();
    }
  };
  for await (const item of items) {
    if (failure !== undefined) break;
    const job = begin(item).finally(() => running.delete(job));
    running.add(job);
    if (running.size >= count) await Promise.race(running);
  }
  await Promise.all(running);
  if (failure !== undefined) throw failure.error;
}
