import type { LabelledPair, LabelOptions } from '@latent-matte/core/generate';

/** What is needed of a pool. */
interface Threads {
  readonly workers: number;
  run(
    name: 'labelPortraits',
    args: [LabelOptions],
    onStep: (pair: LabelledPair) => void,
  ): Promise<unknown>;
}

/**
 * `labelPortraits` on all threads of a pool: a pair depends on the options, its photograph and its index alone, so that
 * each photograph may go to another thread. Photographs are taken as threads become free; pairs come in their order.
 */
export async function* labelBy(
  pool: Threads,
  { portraits, start = 0, ...options }: LabelOptions,
): AsyncGenerator<LabelledPair, void, void> {
  const source = iterate(portraits);
  const running: Promise<LabelledPair>[] = [];
  let next = start;
  let exhausted = false;
  try {
    for (;;) {
      while (!exhausted && running.length <= pool.workers) {
        const { value, done } = await source.next();
        if (done) {
          exhausted = true;
          break;
        }
        const labelled = labelOne(pool, { ...options, portraits: [value], start: next++ });
        // It is awaited in its turn.
        labelled.catch(() => undefined);
        running.push(labelled);
      }
      const first = running.shift();
      if (first === undefined) return;
      yield await first;
    }
  } finally {
    await source.return?.();
  }
}

async function labelOne(pool: Threads, options: LabelOptions): Promise<LabelledPair> {
  let pair: LabelledPair | undefined;
  await pool.run('labelPortraits', [options], (made) => {
    pair = made;
  });
  return pair as LabelledPair;
}

function iterate<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
): Iterator<Item> | AsyncIterator<Item> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
}
