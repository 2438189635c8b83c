import { readFile, rm, writeFile } from 'node:fs/promises';
import { InvalidOptionError } from '@latent-matte/backend-node/core';
import { isAlive } from '@latent-matte/files/is-alive';
import { outputErrorFrom } from '@latent-matte/files/write-file-atomic';

/**
 * Keeps a second run from writing the same state. A lock whose process has ended (a crash, a power cut) is taken over.
 *
 * @returns gives the lock back
 * @throws InvalidOptionError another process of this machine holds it
 * @throws OutputError the folder cannot be written
 */
export async function lockState(path: string): Promise<() => Promise<void>> {
  const lock = `${path}.lock`;
  const release = () => rm(lock, { force: true });
  /** @returns whether nobody else has it */
  const take = async (): Promise<boolean> => {
    try {
      await writeFile(lock, String(process.pid), { flag: 'wx' });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      // It may have been made, and not filled: a full disk.
      await release().catch(() => undefined);
      throw outputErrorFrom(path, error);
    }
  };
  const holder = async () => Number(await readFile(lock, 'utf8').catch(() => ''));
  if (await take()) return release;
  if (!isAlive(await holder())) {
    await release();
    if (await take()) return release;
  }
  // Read again: another run may have been faster to take over.
  throw new InvalidOptionError(
    `${path} is being written by another run (process ${await holder()}).`,
    'Wait for it to end, or give another name with --state.',
  );
}
