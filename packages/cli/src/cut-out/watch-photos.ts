import { watch } from 'chokidar';
import { isPicture } from '../data/list-files';
import { isResult } from './output-paths';

/** A file that has not grown for this long is whole. */
const STABLE_MILLISECONDS = 500;

/** What is watched. */
export interface WatchedPhotos {
  /** Ends with the signal. @throws what the file system says */
  readonly photos: AsyncIterable<string>;
  close(): Promise<void>;
}

/**
 * Watches for photos that appear or change in folders, or among the files named, and tells them once they are written to
 * the end. Nothing that comes after this has answered is missed, however late it is asked for; what is there before is not
 * told. Folders are not searched below themselves, as when they are named without watching.
 *
 * @param options.beside results are written beside the photos: they are no photos
 * @param options.signal ends it
 * @throws what the file system says
 */
export async function watchPhotos(
  named: readonly string[],
  { beside, signal }: { beside: boolean; signal: AbortSignal },
): Promise<WatchedPhotos> {
  const waiting = new Set<string>();
  let wake = () => {};
  let failure: { readonly error: unknown } | undefined;
  const found = (path: string) => {
    if (!isPicture(path) || (beside && isResult(path))) return;
    waiting.add(path);
    wake();
  };
  const watcher = watch([...named], {
    depth: 0,
    ignoreInitial: true,
    awaitWriteFinish: { stabilityThreshold: STABLE_MILLISECONDS, pollInterval: 100 },
  });
  watcher.on('add', found).on('change', found);
  const ready = new Promise<void>((resolve) => {
    watcher.once('ready', resolve);
    watcher.on('error', (error) => {
      failure ??= { error };
      resolve();
      wake();
    });
  });
  const stop = () => wake();
  signal.addEventListener('abort', stop);
  const close = async () => {
    signal.removeEventListener('abort', stop);
    await watcher.close();
  };
  async function* photos(): AsyncGenerator<string, void, undefined> {
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
    if (failure !== undefined) throw failure.error;
  }
  await ready;
  return { photos: photos(), close };
}
