import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint, type WeightArchive } from '@latent-matte/backend-node/checkpoints';
import { makeFolder } from '@latent-matte/files/make-folder';
import { writeFileAtomic } from '@latent-matte/files/write-file-atomic';
import { convertWithProgress } from '../convert/run';
import type { Terminal } from '../terminal/terminal';
import type { FoundFile, OfficialPart } from './checkpoint-files';

/** What a converted file was made of. */
type Sources = Partial<Record<OfficialPart, string>>;

/**
 * The weights of every network, from safetensors files in `folder`, which are made where they are missing or their
 * source has changed (path, size, time).
 *
 * @throws WeightsError | WeightFormatError a file is damaged, or lacks its network
 * @throws AbortedError the signal fired
 */
export async function convertOnce(
  files: readonly FoundFile[],
  folder: string,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Record<OfficialPart, WeightArchive>> {
  await makeFolder(folder);
  const index = join(folder, 'sources.json');
  const known = await readSources(index);
  const archives: Partial<Record<OfficialPart, WeightArchive>> = {};
  for (const { name, path, size, modified, parts } of files) {
    for (const { part, key } of parts) {
      const target = join(folder, `${part}.safetensors`);
      const source = `${path} ${size} ${modified}`;
      const cached = known[part] === source ? await readFile(target).catch(absent) : undefined;
      if (cached !== undefined) {
        archives[part] = await openCheckpoint(new Uint8Array(cached));
        continue;
      }
      terminal.note(`converting ${name} (${part})`);
      const options = key === undefined ? {} : { key };
      const { bytes } = await convertWithProgress(path, options, terminal, signal);
      await writeFileAtomic(target, bytes);
      known[part] = source;
      await writeFileAtomic(index, JSON.stringify(known, null, 2));
      archives[part] = await openCheckpoint(bytes);
    }
  }
  return archives as Record<OfficialPart, WeightArchive>;
}

async function readSources(path: string): Promise<Sources> {
  const text = await readFile(path, 'utf8').catch(absent);
  return text === undefined ? {} : (JSON.parse(text) as Sources);
}

/** A file that is not there yet is no error. */
export function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
