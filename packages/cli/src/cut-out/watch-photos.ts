import { watch } from 'chokidar';
import { isPicture } from '../data/list-files';
import { isResult } from './output-paths';

/** A file that has not grown for this long is whole. */
const STABLE_MILLISECONDS = 500;

/**
 * Photos that appear or change in folders, or among the files named, once they are written to the end; those that are
 * there already are not told. Folders are not searched below themselves, as when they are named without watching.
 *
 * @param options.beside results are written beside the photos: they are no photos
 * @param options.signal ends it
 */
export async function* watchPhotos(
  named: readonly string[],
  { beside, signal }: { beside: boolean; signal: AbortSignal },
): AsyncGenerator<string, void, undefined> {
  const waiting = new Set<string>();
  let wake = () => {};
  const watcher = watch([...named], {
    depth: 0,
    ignoreInitial: true,
    awaitWriteFinish: { stabilityThreshold: STABLE_MILLISECONDS, pollInterval: 100 },
  });
  const found = (path: string) => {
    if (!isPicture(path) || (beside && isResult(path))) return;
    waiting.add(path);
    wake();
  };
  let failure: unknown;
  watcher.on('add', found).on('change', found);
  watcher.on('error', (error) => {
    failure = error;
    wake();
  });
  const stop = () => wake();
  signal.addEventListener('abort', stop);
  try {
    while (!signal.aborted && failure === undefined) {
      const [next] = waiting;
      if (next === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      waiting.delete(next);
      yield next;
    }
    if (failure !== undefined) throw failure;
  } finally {
    signal.removeEventListener('abort', stop);
    await watcher.close();
  }
}
