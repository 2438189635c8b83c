import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  AbortedError,
  cutOut,
  InvalidImageError,
  InvalidOptionError,
  matte,
  type NodeCutOutOptions,
  useNodeBackend,
} from '@latent-matte/backend-node';
import { makeFolder } from '@latent-matte/backend-node/files';
import { isPhotoError } from '../terminal/photo-error';
import { reportError } from '../terminal/report-error';
import type { Terminal } from '../terminal/terminal';
import { cutOutWithAlpha } from './cut-out-with-alpha';
import type { CutOutCommandOptions } from './grammar';
import { outputPaths } from './output-paths';
import { listPhotos, STANDARD } from './photo-list';
import { readStandardInput } from './read-standard-input';

/** A cut-out or a matte, as far as this command needs it. */
type Made = Pick<
  Awaited<ReturnType<typeof matte>>,
  'confidence' | 'warnings' | 'write' | 'toBuffer'
>;

/**
 * `latent-matte cut-out`. A photo that fails does not stop the others.
 *
 * @param input for tests; default: the process's own
 * @returns 0, or 1 when a photo failed
 * @throws LatentMatteError what concerns every photo: options, models, backend, output
 */
export async function cutOutCommand(
  named: readonly string[],
  options: CutOutCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
  input: AsyncIterable<Uint8Array> = process.stdin,
): Promise<number> {
  const photos = await listPhotos(named);
  const places = outputPaths(photos, options.out);
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
  const note = (text: string) => options.quiet || terminal.note(text);
  const backend = await useNodeBackend({ device: options.device });
  note(`device: ${backend.description}`);
  const settings = await settingsOf(options, signal);
  const results: unknown[] = [];
  const failed: string[] = [];
  for (const [index, photo] of photos.entries()) {
    if (signal.aborted) throw new AbortedError('Stopped.');
    const place = places[index]!;
    const began = performance.now();
    try {
      const made = await makeOne(photo, options, settings, input);
      await save(made, place, terminal);
      const seconds = (performance.now() - began) / 1000;
      for (const warning of made.warnings) note(`${photo}: ${warning}`);
      if (options.json) {
        const { confidence, warnings } = made;
        results.push({ photo, file: place, confidence, warnings, seconds });
      } else if (place !== STANDARD && !options.quiet) {
        terminal.out(
          `${photo} → ${place} (${seconds.toFixed(1)} s, confidence ${made.confidence.toFixed(2)})`,
        );
      }
    } catch (error) {
      if (!isPhotoError(error)) throw error;
      failed.push(photo);
      if (photos.length > 1) terminal.note(`${photo}:`);
      reportError(error, terminal, false);
      const { code, message, remedy } = error;
      results.push({ photo, error: { code, message, remedy } });
    }
  }
  if (options.json) terminal.out(JSON.stringify(results, null, 2));
  if (photos.length > 1) {
    const names = failed.length > 0 ? `: ${failed.join(', ')}` : '';
    note(`${photos.length - failed.length} done, ${failed.length} failed${names}`);
  }
  return failed.length > 0 ? 1 : 0;
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
  const unread = (['background', 'onlyMask', 'model', 'prior', 'json'] as const).find(
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

async function settingsOf(
  options: CutOutCommandOptions,
  signal: AbortSignal,
): Promise<NodeCutOutOptions> {
  const { model, prior, refine, trimap, background, method } = options;
  return {
    signal,
    ...(model !== undefined && { model }),
    ...(prior !== undefined && { prior }),
    ...(refine === false && { refine }),
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

async function makeOne(
  photo: string,
  { onlyMask }: CutOutCommandOptions,
  settings: NodeCutOutOptions,
  input: AsyncIterable<Uint8Array>,
): Promise<Made> {
  const source = photo === STANDARD ? await readStandardInput(input) : photo;
  return onlyMask ? await matte(source, settings) : await cutOut(source, settings);
}

async function save(made: Made, place: string, terminal: Terminal): Promise<void> {
  if (place === STANDARD) {
    terminal.bytes(await made.toBuffer('png'));
    return;
  }

  await makeFolder(dirname(place));
  await made.write(place);
}
