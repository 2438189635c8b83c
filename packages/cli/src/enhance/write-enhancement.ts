import { rmSync } from 'node:fs';
import { lstat, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import {
  AbortedError,
  type Enhancement,
  encodeImage,
  type RasterImage,
} from '@latent-matte/backend-node';
import { OutputError } from '@latent-matte/backend-node/core';
import { pictureOfRows, rowsWithAlpha } from '@latent-matte/core/internal';
import { makeFolder } from '@latent-matte/files/make-folder';
import { removeLeftovers, temporaryFolder } from '@latent-matte/files/temporary-name';
import { outputErrorFrom, writeFileAtomic } from '@latent-matte/files/write-file-atomic';
import { versions } from '../version';
import { changeOf } from './change';
import { collectGarbage } from './collect-garbage';
import { enhancementFigures } from './describe-enhancement';
import type { EnhancementResult } from './enhancement-result';
import { perturbationImage } from './perturbation';
import { renderReport } from './report/render-report';

export interface WrittenEnhancement {
  /** Absolute path of the folder. */
  readonly folder: string;
  /** Absolute path of `report.html`. */
  readonly report: string;
  readonly result: EnhancementResult;
}

/** Every file of a result folder. */
const FILES = [
  'portrait.png',
  'alpha.png',
  'foreground.png',
  'trimap-before.png',
  'trimap-after.png',
  'alpha-before.png',
  'perturbation.png',
  'result.json',
  'report.html',
] as const;

/**
 * Writes an enhancement as a folder: the enhanced portrait, its matte and cut-out, trimaps and matte before and
 * after, the change made visible, `result.json`, and `report.html` (self-contained).
 *
 * All files are written to a folder beside it, which takes its name at the end: `folder` is complete or absent.
 * An earlier result in `folder` is replaced; a folder with anything else in it is refused.
 *
 * ```ts
 * import { enhancePortrait, readImage } from '@latent-matte/backend-node';
 * import { writeEnhancement } from 'latent-matte';
 *
 * const source = await readImage('photo.jpg');
 * const enhancement = await enhancePortrait(source);
 * const { report } = await writeEnhancement('result', { name: 'photo.jpg', source, enhancement });
 * ```
 *
 * @param input.name of the source, for the report
 * @param input.warnings shown beside those of the enhancement
 * @throws OutputError unwritable, full disk, or `folder` holds other files
 * @throws AbortedError the signal fired before the end; nothing is left behind
 */
export async function writeEnhancement(
  folder: string,
  input: {
    name: string;
    source: RasterImage;
    enhancement: Enhancement;
    warnings?: readonly string[];
    signal?: AbortSignal;
  },
): Promise<WrittenEnhancement> {
  const target = resolve(folder);
  await assertReplaceable(target);
  await removeLeftovers(dirname(target));
  const temporary = temporaryFolder(target);
  const removeNow = (): void => rmSync(temporary, { recursive: true, force: true });
  process.once('exit', removeNow);
  try {
    await makeFolder(temporary);
    const { files, result } = await renderFiles(input);
    // Each is made when its turn comes: together they are as large as the photo.
    for (const [name, make] of Object.entries(files)) {
      if (input.signal?.aborted) throw new AbortedError('Stopped while writing.');
      collectGarbage(input.source);
      await writeFileAtomic(join(temporary, name), await make()).catch((error: unknown) => {
        // The name to tell is the one that was asked for.
        const cause = error instanceof Error ? error.cause : undefined;
        throw outputErrorFrom(join(target, name), cause ?? error);
      });
    }
    await attempt(target, () => replaceFolder(temporary, target));
    return { folder: target, report: join(target, 'report.html'), result };
  } finally {
    process.removeListener('exit', removeNow);
    // After a success it is gone. After a failure that error is the one to tell, not this one's.
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** @throws OutputError when replacing `folder` would delete something this function did not write */
export async function assertReplaceable(folder: string): Promise<void> {
  const entry = await lstat(folder).catch(() => undefined);
  if (entry === undefined) return;
  if (!entry.isDirectory()) {
    throw new OutputError(
      `Cannot write ${folder}: a file of that name is in the way.`,
      'Remove it, or choose another folder.',
    );
  }
  const known: readonly string[] = FILES;
  const foreign = (await attempt(folder, () => readdir(folder))).filter(
    (name) => !known.includes(name),
  );
  if (foreign.length > 0) {
    throw new OutputError(
      `${folder} holds files that are not a result of this program (${foreign.slice(0, 3).join(', ')}).`,
      'Choose another folder; this one would be replaced.',
    );
  }
}

async function replaceFolder(source: string, target: string): Promise<void> {
  const older = `${source}.old`;
  const existed = await rename(target, older).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
  try {
    await rename(source, target);
  } catch (error) {
    if (existed) await rename(older, target);
    throw error;
  }
  if (existed) await rm(older, { recursive: true, force: true });
}

async function renderFiles({
  name,
  source,
  enhancement,
  warnings = [],
}: Parameters<typeof writeEnhancement>[1]): Promise<{
  files: Record<(typeof FILES)[number], () => Promise<Uint8Array | string>>;
  result: EnhancementResult;
}> {
  const { portrait, original, enhanced, before, after } = enhancement;
  const { image: perturbation, amplification } = perturbationImage(source, portrait);
  // Each with its own colours: those of one would hide what the other's matte lets through.
  const cutout = pictureOfRows(rowsWithAlpha(after.foreground, after.alpha));
  const cutoutBefore = pictureOfRows(rowsWithAlpha(before.foreground, before.alpha));
  const result: EnhancementResult = {
    tool: 'latent-matte',
    schema: 2,
    versions,
    source: { name, width: source.width, height: source.height },
    settings: enhancement.settings,
    bestStep: enhancement.bestStep,
    psnr: Number.isFinite(enhancement.psnr) ? enhancement.psnr : null,
    seconds: enhancement.seconds,
    change: changeOf(source, enhancement),
    ...enhancementFigures(enhancement),
    amplification,
    warnings: [...warnings, ...enhancement.warnings],
    files: FILES,
    history: enhancement.history.map(({ preview: _, ...step }) => step),
  };
  // A 16-bit source would lose more to 8 bits than the enhancement changes.
  const depth = source.data instanceof Uint16Array ? 16 : 8;
  const report = { result, source, enhancement, cutoutBefore, cutout, perturbation };
  return {
    files: {
      'portrait.png': () => encodeImage(portrait, 'png', { depth }),
      'alpha.png': () => encodeImage(after.alpha, 'png'),
      'foreground.png': () => encodeImage(cutout, 'png', { depth }),
      'trimap-before.png': () => encodeImage(original.trimap, 'png'),
      'trimap-after.png': () => encodeImage(enhanced.trimap, 'png'),
      'alpha-before.png': () => encodeImage(before.alpha, 'png'),
      'perturbation.png': () => encodeImage(perturbation, 'png'),
      'result.json': async () => `${JSON.stringify(result, null, 2)}\n`,
      'report.html': () => renderReport(report),
    },
    result,
  };
}

async function attempt<Value>(path: string, action: () => Promise<Value>): Promise<Value> {
  try {
    return await action();
  } catch (error) {
    throw outputErrorFrom(path, error);
  }
}
