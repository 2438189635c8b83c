import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Every file below a folder with the hash of its content, in alphabetical order. */
export async function tree(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const hashes: Record<string, string> = {};
  for (const file of files) {
    const hash = createHash('sha256').update(await readFile(file));
    hashes[file.slice(folder.length + 1)] = hash.digest('hex').slice(0, 16);
  }
  return hashes;
}
