import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OutputError } from '@latent-matte/core';
import { outputErrorFrom } from './write-file-atomic';

/**
 * Makes a folder and the folders above it; one that exists is fine.
 *
 * Not `mkdir(…, { recursive: true })`: Node's never returns where the parent exists and the system answers ENOENT
 * all the same, as in /proc.
 *
 * @throws OutputError
 */
export async function makeFolder(path: string): Promise<void> {
  const isFolder = async (folder: string): Promise<boolean | undefined> =>
    stat(folder).then(
      (entry) => entry.isDirectory(),
      () => undefined,
    );
  const existing = await isFolder(path);
  if (existing === true) return;
  if (existing === false) {
    throw new OutputError(
      `Cannot make the folder ${path}: a file of that name is in the way.`,
      'Remove it, or choose another name.',
    );
  }
  const parent = dirname(path);
  if (parent !== path) await makeFolder(parent);
  try {
    await mkdir(path);
  } catch (error) {
    // Somebody else may have made it in between.
    if ((await isFolder(path)) !== true) throw outputErrorFrom(path, error);
  }
}
