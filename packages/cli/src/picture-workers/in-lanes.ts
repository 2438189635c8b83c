/**
 * Works on items in order, as many at a time as there are lanes. After a failure no further item is begun, `stop` is
 * called so that those in work may end early, and the first failure is thrown when all have.
 */
export async function inLanes<Item>(
  items: readonly Item[],
  lanes: number,
  work: (item: Item, index: number) => Promise<void>,
  stop: () => void,
): Promise<void> {
  const waiting = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of waiting) await work(item, index);
  };
  let failure: { readonly error: unknown } | undefined;
  const running = Array.from({ length: Math.min(lanes, items.length) }, () =>
    lane().catch((error: unknown) => {
      failure ??= { error };
      for (const _ of waiting);
      stop();
    }),
  );
  await Promise.all(running);
  if (failure !== undefined) throw failure.error;
}
