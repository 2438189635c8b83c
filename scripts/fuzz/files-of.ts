import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Larger ones cost time and find little. */
const MAX_BYTES = 300_000;

/** Files of a folder of the repository whose names end in some way; none where the folder is not there. */
export function filesOf(folder: string, pattern: RegExp): Uint8Array[] {
  const path = join(process.cwd(), folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => new Uint8Array(readFileSync(join(path, name))))
    .filter(({ length }) => length <= MAX_BYTES);
}
