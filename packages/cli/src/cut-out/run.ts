import { readFile } from 'node:fs/promises';
import { AbortedError, type NodeCutOutOptions } from '@latent-matte/backend-node';
import { InvalidImageError, InvalidOptionError } from '@latent-matte/backend-node/core';
import { severalAtATime } from '../picture-workers/several-at-a-time';
import { stopWith } from '../terminal/stop-with';
import type { Terminal } from '../terminal/terminal';
import { cutOutPhoto, type PhotoResult } from './cut-out-photo';
import { cutOutWithAlpha } from './cut-out-with-alpha';
import { startCutOutWorkers } from './cut-out-workers';
import type { CutOutCommandOptions } from './grammar';
import { onePerKey } from './one-per-key';
import { outputPaths, STANDARD } from './output-paths';
import { isPattern, listPhotos } from './photo-list';
import { type WatchedPhotos, watchPhotos } from './watch-photos';

/**
 * `latent-matte cut-out`. A photo that fails does not stop the others.
 *
 * @param input for tests; default: the process's own
 * @param startWorkers for tests
 * @returns 0, or 1 when a photo failed; while it watches, it ends with `signal`
 * @throws LatentMatteError what concerns every photo: options, models, backend, output
 */
export async function cutOutCommand(
  named: readonly string[],
  options: CutOutCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
  input: AsyncIterable<Uint8Array> = process.stdin,
  startWorkers: typeof startCutOutWorkers = startCutOutWorkers,
): Promise<number> {
  if (options.watch && named.includes(STANDARD)) {
    throw new InvalidOptionError('Standard input cannot be watched.', 'Name folders or files.');
  }
  const pattern = options.watch ? named.find(isPattern) : undefined;
  if (pattern !== undefined) {
    throw new InvalidOptionError(`The pattern ${pattern} cannot be watched.`, 'Name its folder.');
  }
  // Ends what runs and what watches: at Ctrl-C, and at a failure that concerns every photo.
  const { stop, release } = stopWith(signal);
  // Before the photos are listed, so that none is missed that comes in between.
  const watched = options.watch
    ? await watchPhotos(named, { beside: options.out === undefined, signal: stop.signal })
    : undefined;
  try {
    return await cutOutNamed(named, options, terminal, stop, watched, input, startWorkers);
  } finally {
    release();
    await watched?.close();
  }
}

async function cutOutNamed(
  named: readonly string[],
  options: CutOutCommandOptions,
  terminal: Terminal,
  stop: AbortController,
  watched: WatchedPhotos | undefined,
  input: AsyncIterable<Uint8Array>,
  startWorkers: typeof startCutOutWorkers,
): Promise<number> {
  const { signal } = stop;
  const photos = await listPhotos(named, {
    beside: options.out === undefined,
    maybeEmpty: options.watch,
  });
  const places = outputPaths(photos, options.out);
  // Photos that are not there yet would all go to one file.
  if (options.watch) outputPaths(['one', 'another'], options.out);
  if (options.alpha !== undefined) {
    await withAlpha(photos, places, options.alpha, options, terminal, signal);
    return 0;
  }
  if (places.includes(STANDARD) && options.json) {
    throw new InvalidOptionError(
      'The picture and --json would both go to standard output.',
      'Give --out FILE, or leave out --json.',
    );
  }
  assertNoneTransparent(places, options);
  const note = (text: string) => options.quiet || terminal.note(text);
  const settings = await settingsOf(options);
  const workers = await startWorkers(options);
  note(`device: ${workers.description}`);
  const many = photos.length > 1 || options.watch === true;
  const stopAll = (): void => stop.abort();
  const work = async (photo: string, place: string): Promise<PhotoResult> => {
    if (signal.aborted) throw new AbortedError('Stopped.');
    const its = { ...settings, signal };
    return await cutOutPhoto(photo, place, workers, { ...options, many }, its, terminal, input);
  };
  const results: PhotoResult[] = [];
  const said = (result: PhotoResult): void => {
    // One line each while it goes on: an array would never end.
    if (options.json && options.watch) terminal.out(JSON.stringify(result));
  };
  try {
    await severalAtATime(
      photos.entries(),
      workers.workers,
      async ([index, photo]) => {
        results[index] = await work(photo, places[index]!);
        said(results[index]);
      },
      stopAll,
    );
    if (watched !== undefined) {
      note(`watching ${named.join(', ')}; Ctrl-C ends it`);
      // A photo that changes while it is cut out: the newer result is the one that stays.
      const inOrder = onePerKey();
      await severalAtATime(
        watched.photos,
        workers.workers,
        async (photo) => {
          const place = outputPaths([photo], options.out)[0]!;
          said(await inOrder(place, () => work(photo, place)));
        },
        stopAll,
      );
      return 0;
    }
  } finally {
    await workers.close();
  }
  if (options.json) terminal.out(JSON.stringify(results, null, 2));
  const failed = results.filter(({ error }) => error !== undefined).map(({ photo }) => photo);
  if (photos.length > 1) {
    const names = failed.length > 0 ? `: ${failed.join(', ')}` : '';
    note(`${photos.length - failed.length} done, ${failed.length} failed${names}`);
  }
  return failed.length > 0 ? 1 : 0;
}

/** Before a device is started and a photo is cut out. @throws InvalidOptionError */
function assertNoneTransparent(
  places: readonly string[],
  { background, onlyMask }: CutOutCommandOptions,
): void {
  const place = places.find((path) => /\.jpe?g$/i.test(path));
  if (place === undefined || background !== undefined || onlyMask) return;
  throw new InvalidOptionError(
    `${place} cannot be transparent: JPEG stores no opacity.`,
    "Give --background '#fff', or a name that ends in .png or .webp.",
  );
}

async function withAlpha(
  photos: readonly string[],
  places: readonly string[],
  alpha: string,
  options: CutOutCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  if (photos.length !== 1 || photos[0] === STANDARD || places[0] === STANDARD) {
    throw new InvalidOptionError(
      'With --alpha one photo is cut out, from a file into a file.',
      'Name one photo, and its matte.',
    );
  }
  const unread = (['background', 'onlyMask', 'model', 'prior', 'json', 'watch'] as const).find(
    (name) => options[name] !== undefined,
  );
  if (unread !== undefined) {
    throw new InvalidOptionError(
      `With --alpha nothing reads --${unread === 'onlyMask' ? 'only-mask' : unread}.`,
      'Leave one of them out.',
    );
  }
  await cutOutWithAlpha(photos[0]!, alpha, places[0]!, options, terminal, signal);
}

async function settingsOf(options: CutOutCommandOptions): Promise<NodeCutOutOptions> {
  const { model, prior, refine, secondLook, edgeLook, turnedLooks } = options;
  const { trimap, background, method } = options;
  return {
    ...(model !== undefined && { model }),
    ...(prior !== undefined && { prior }),
    ...(refine === false && { refine }),
    ...(secondLook === false && { secondLook }),
    ...(edgeLook === false && { edgeLook }),
    ...(turnedLooks === false && { turnedLooks }),
    ...(trimap !== undefined && { advanced: { trimap } }),
    ...(!options.onlyMask && {
      foreground: method,
      ...(background !== undefined && { background: await backgroundOf(background) }),
    }),
  };
}

/** A colour as it is; the bytes of anything else. */
async function backgroundOf(background: string): Promise<string | Buffer> {
  if (background.startsWith('#')) return background;
  try {
    return await readFile(background);
  } catch (error) {
    throw new InvalidImageError(
      `The background ${background} cannot be read: ${(error as Error).message}`,
      'Give a hex colour as #fff, or the path of a picture.',
      { cause: error },
    );
  }
}
