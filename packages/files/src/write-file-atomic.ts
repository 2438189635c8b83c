import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LatentMatteError, OutputError } from '@latent-matte/core';
import { removeLeftoversOnce, temporaryFile } from './temporary-name';

/** What went wrong and the cure, by `errno` code. */
const causes: Record<string, readonly [problem: string, remedy: string]> = {
  ENOSPC: ['the disk is full', 'Free some space, or write to another disk.'],
  EDQUOT: ['your disk quota is used up', 'Free some space, or write to another disk.'],
  EACCES: ['permission was denied', 'Choose a folder you may write to, or change its permissions.'],
  EPERM: ['permission was denied', 'Choose a folder you may write to, or change its permissions.'],
  EROFS: ['the file system is read-only', 'Choose a folder on a writable disk.'],
  ENOENT: ['its folder does not exist', 'Create the folder first.'],
  ENOTDIR: ['a part of its path is a file, not a folder', 'Choose another path.'],
  EISDIR: ['it is a folder', 'Give a file name inside it.'],
  EEXIST: ['something of that name is in the way', 'Remove it, or choose another name.'],
  ENOTEMPTY: ['a folder of that name is in the way', 'Remove it, or choose another name.'],
  ENAMETOOLONG: ['its name is too long', 'Choose a shorter name.'],
};

/** A failure to write `path` as an {@link OutputError}; errors of this SDK pass unchanged. */
export function outputErrorFrom(path: string, cause: unknown): LatentMatteError {
  if (LatentMatteError.isInstance(cause)) return cause;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? '';
  const [problem, remedy] = causes[code] ?? [
    cause instanceof Error ? cause.message : String(cause),
    'Check the path and the disk, then try again.',
  ];
  return new OutputError(`Cannot write ${path}: ${problem}.`, remedy, { cause });
}

/**
 * Writes a file so that it is either complete or absent: into a temporary file beside it, flushed to disk,
 * then renamed over the target. On failure the temporary file is removed and an older target stays as it was.
 * What killed processes left in the folder goes when this one first writes there.
 *
 * @throws OutputError unwritable or missing folder, full disk, or `path` is a folder.
 */
export async function writeFileAtomic(path: string, content: Uint8Array | string): Promise<void> {
  const target = await stat(path).catch(() => undefined);
  if (target?.isDirectory()) throw outputErrorFrom(path, { code: 'EISDIR' });
  await removeLeftoversOnce(dirname(path));
  const temporary = temporaryFile(path);
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(content);
      // Without the flush a power cut after the rename can leave an empty file under the final name.
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw outputErrorFrom(path, error);
  }
}

/**
 * Whether a file could be written there, before minutes of work: what {@link writeFileAtomic} would refuse is refused
 * now. Nothing is left behind.
 *
 * @throws OutputError
 */
export async function assertWritable(path: string): Promise<void> {
  const target = await stat(path).catch(() => undefined);
  if (target?.isDirectory()) throw outputErrorFrom(path, { code: 'EISDIR' });
  await removeLeftoversOnce(dirname(path));
  const temporary = temporaryFile(path);
  try {
    await (await open(temporary, 'wx')).close();
    await rm(temporary);
  } catch (error) {
    throw outputErrorFrom(path, error);
  }
}
