import { basename, extname, join, resolve } from 'node:path';
import {
  AbortedError,
  enhancePortrait,
  type LatentMatteError,
  type RasterImage,
  readImage,
  useNodeBackend,
} from '@latent-matte/backend-node';
import type { EnhancementPhase, EnhanceRequest } from '@latent-matte/backend-node/core';
import type { EvaluateOptions } from '@latent-matte/backend-node/evaluate';
import { nestedOptions, usualWorkers } from '@latent-matte/backend-node/internal';
import { constantPicture } from '@latent-matte/core/internal';
import { makeFolder } from '@latent-matte/files/make-folder';
import { removeLeftovers } from '@latent-matte/files/temporary-name';
import { backgroundPaths } from '../flags/backgrounds';
import { leaveCoresToWorkers, startWorkers, threadsFor } from '../picture-workers/picture-workers';
import { severalAtATime } from '../picture-workers/several-at-a-time';
import { isPhotoError } from '../terminal/photo-error';
import { createProgress } from '../terminal/progress';
import { reportError } from '../terminal/report-error';
import { stopWith } from '../terminal/stop-with';
import type { Terminal } from '../terminal/terminal';
import { collectGarbage, collectingGarbage } from './collect-garbage';
import { describeEnhancement } from './describe-enhancement';
import { freshHeap } from './fresh-heap';
import { ENHANCE_BACKGROUNDS, type EnhanceCommandOptions } from './grammar';
import { enhanceRequest } from './options';
import { assertReplaceable, type WrittenEnhancement, writeEnhancement } from './write-enhancement';

/**
 * `latent-matte enhance`.
 *
 * @param enhance for tests; default `enhancePortrait`, here or in workers
 * @returns 0, or 1 when a photo failed
 * @throws LatentMatteError what concerns every photo: options, models, backend, output
 */
export async function enhanceCommand(
  photos: readonly string[],
  options: EnhanceCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
  enhance?: EvaluateOptions['enhance'],
): Promise<number> {
  const { workers: asked, device } = options;
  const threads = threadsFor(options.threads, asked ?? usualWorkers(device, photos.length));
  const folders = resultFolders(photos, options.out);
  // Before minutes of work, not after.
  for (const folder of folders) await assertReplaceable(folder);
  await makeFolder(resolve(options.out));
  await removeLeftovers(resolve(options.out));
  if (enhance === undefined) leaveCoresToWorkers(photos.length, asked);
  const backend = await useNodeBackend({ device, threads });
  terminal.note(`device: ${backend.description}`);
  const paths = await backgroundPaths(options, ENHANCE_BACKGROUNDS, options.seed);
  const { model: names = [], ...flags } = options;
  const [model, ...companions] = names;
  const settings: EnhanceRequest = {
    ...(await enhanceRequest(flags, paths)),
    ...(model !== undefined && { model }),
    ...(companions.length > 0 && { companions }),
  };
  const workers = await startWorkers(
    { device: backend.chosenDevice, pictures: photos.length, workers: asked },
    enhance,
  );
  const { stop, release } = stopWith(signal);
  const job: PhotoJob = {
    enhance: workers.enhance ?? enhancePortrait,
    settings,
    signal: stop.signal,
    // One bar cannot show several.
    terminal: workers.count > 1 ? { ...terminal, bar: undefined } : terminal,
    json: options.json === true,
    // Workers have heaps of their own.
    afterwards: workers.enhance === undefined ? freshHeap : async () => {},
  };
  const results: PhotoResult[] = [];
  const work = async ([index, photo]: [number, string]): Promise<void> => {
    if (job.signal.aborted) throw new AbortedError('Stopped.');
    results[index] = await enhancePhoto(photo, folders[index]!, job);
  };
  try {
    await severalAtATime(photos.entries(), workers.count, work, () => stop.abort());
  } finally {
    release();
    await workers.stop();
  }
  if (options.json) terminal.out(JSON.stringify(results, null, 2));
  return results.some(({ error }) => error !== undefined) ? 1 : 0;
}

/** What all photos have in common. */
interface PhotoJob {
  readonly enhance: NonNullable<EvaluateOptions['enhance']>;
  readonly settings: EnhanceRequest;
  readonly signal: AbortSignal;
  readonly terminal: Terminal;
  readonly json: boolean;
  /** Called between the enhancement of a photo and the writing of its files. */
  readonly afterwards: (photo: RasterImage) => Promise<void>;
}

/** What `--json` prints of a photo. */
type PhotoResult = { readonly photo: string } & (
  | ({ readonly folder: string; readonly error?: never } & WrittenEnhancement['result'])
  | { readonly error: Pick<LatentMatteError, 'code' | 'message' | 'remedy'> }
);

/** @throws LatentMatteError, AbortedError what does not concern this photo alone */
async function enhancePhoto(
  photo: string,
  folder: string,
  { enhance, settings, signal, terminal, json, afterwards }: PhotoJob,
): Promise<PhotoResult> {
  const started = performance.now();
  const progress = createProgress(terminal, basename(photo));
  // From here on arrays are as large as the photo.
  let stopCollecting = () => {};
  try {
    const warnings: string[] = [];
    // Nothing here writes to it, and no copy of it need be kept for the foregrounds that are made when they are written.
    const source = constantPicture(
      await readImage(photo, { onWarning: (warning) => warnings.push(warning) }),
    );
    const request = {
      ...settings,
      signal,
      onProgress: progress.onProgress,
      onPhase: (phase: EnhancementPhase) => {
        collectGarbage(source);
        if (phase === 'finish') stopCollecting = collectingGarbage(source);
        progress.onPhase(phase);
      },
    };
    const enhancement = await enhance(source, nestedOptions(request));
    stopCollecting();
    await afterwards(source);
    const written = await writeEnhancement(folder, {
      name: basename(photo),
      source,
      enhancement,
      warnings,
      signal,
    });
    progress.stop();
    if (!json) {
      const whole = (performance.now() - started) / 1000;
      terminal.out(summary(photo, written, describeEnhancement(enhancement, source, whole)));
    }
    return { photo, folder: written.folder, ...written.result };
  } catch (error) {
    stopCollecting();
    progress.stop();
    if (!isPhotoError(error)) throw error;
    reportError(error, terminal, false);
    const { code, message, remedy } = error;
    return { photo, error: { code, message, remedy } };
  }
}

function summary(photo: string, written: WrittenEnhancement, lines: readonly string[]): string {
  return [
    `${photo} → ${written.folder}`,
    ...lines.map((line) => `  ${line}`),
    `  change     perturbation.png shows it ×${written.result.amplification}`,
    `  look at    ${written.report}`,
  ].join('\n');
}

/** A folder for each photo, named after it; photos of the same name get `-2`, `-3` … */
function resultFolders(photos: readonly string[], out: string): string[] {
  const used = new Set<string>();
  return photos.map((photo) => {
    const name = basename(photo, extname(photo)).replace(/^\.+/, '') || 'photo';
    let unique = name;
    for (let count = 2; used.has(unique.toLowerCase()); count++) unique = `${name}-${count}`;
    used.add(unique.toLowerCase());
    return join(out, unique);
  });
}
