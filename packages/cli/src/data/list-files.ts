import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { Problem } from './dataset';

const pictureExtensions: ReadonlySet<string> = new Set([
  '.png',
  '.jpg',
  '.jpeg',
  '.webp',
  '.avif',
  '.tif',
  '.tiff',
]);

/** Whether a file is called what pictures are called; hidden files are not. */
export const isPicture = (path: string): boolean =>
  !basename(path).startsWith('.') && pictureExtensions.has(extname(path).toLowerCase());

/** Pictures of a folder, or why they cannot be listed. */
export interface Listing {
  /** Name without extension → path, in alphabetical order. */
  readonly files: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

/**
 * The pictures of one folder by name without extension; hidden files and other kinds of file are left out. Names
 * are compared in Unicode's composed form: one program writes é as one character, another as two.
 *
 * Two files of one name (`a.png` and `a.jpg`) are a problem: which is meant would be a guess.
 */
export async function listPictures(folder: string, purpose: string): Promise<Listing> {
  if (!(await isFolder(folder))) {
    const message = `There is no folder ${folder}.`;
    return { files: new Map(), problems: [{ message, remedy: `It holds ${purpose}.` }] };
  }
  const files = new Map<string, string>();
  const problems: Problem[] = [];
  for (const file of (await readdir(folder)).sort()) {
    if (!isPicture(file)) continue;
    const name = basename(file, extname(file)).normalize('NFC');
    const earlier = files.get(name);
    if (earlier === undefined) files.set(name, join(folder, file));
    else {
      problems.push({
        message: `${folder} holds "${name}" twice: ${basename(earlier)} and ${file}.`,
        remedy: 'Remove one of them.',
      });
    }
  }
  return { files: new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1))), problems };
}

export const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );

export const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );

/** At most five names. */
export const enumerate = (names: readonly string[]): string =>
  names.length <= 5
    ? names.join(', ')
    : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`;
