import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatasetError, InvalidImageError } from '@latent-matte/backend-node/core';
import { enumerate, isFile } from './list-files';

/** More than any list of names needs. */
const MAX_CHARACTERS = 16e6;

/**
 * Marks of pictures: `tags.json` holds an object of lists, `{ "profile": ["003", "017"] }`; `profile.txt` holds the
 * names of profile faces, one a line (empty lines and lines with # in front are skipped).
 *
 * @param names of the pictures that exist
 * @returns picture → tags, sorted
 * @throws DatasetError another shape, or a name that does not exist
 */
export async function readTags(
  folder: string,
  names: Iterable<string>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const known = new Set(names);
  const tags = new Map<string, Set<string>>();
  const mark = (file: string, tag: string, pictures: readonly string[]): void => {
    const strangers = pictures.filter((name) => !known.has(name));
    if (strangers.length > 0) {
      throw new DatasetError(
        `${file} tags as "${tag}" what is not there: ${enumerate(strangers)}.`,
        'Give names of pictures without their extension.',
      );
    }
    for (const name of pictures) tags.set(name, (tags.get(name) ?? new Set()).add(tag));
  };
  const json = join(folder, 'tags.json');
  if (await isFile(json)) {
    for (const [tag, pictures] of parse(json, await readText(json))) mark(json, tag, pictures);
  }
  const profile = join(folder, 'profile.txt');
  if (await isFile(profile)) {
    const lines = (await readText(profile)).split(/\r?\n/).map((line) => line.trim());
    mark(
      profile,
      'profile',
      lines
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => line.normalize('NFC')),
    );
  }
  return new Map([...tags].map(([name, marks]) => [name, [...marks].sort()]));
}

function parse(file: string, text: string): [tag: string, pictures: string[]][] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const isList = (list: unknown): list is string[] =>
    Array.isArray(list) && list.every((name) => typeof name === 'string');
  if (typeof value !== 'object' || value === null || !Object.values(value).every(isList)) {
    throw new DatasetError(
      `${file} is not an object of lists of names.`,
      'Write for instance { "profile": ["003", "017"] }.',
    );
  }
  return Object.entries(value).map(([tag, names]) => [
    tag,
    (names as string[]).map((name) => name.normalize('NFC')),
  ]);
}

async function readText(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new InvalidImageError(`${file} cannot be read.`, 'Check its permissions.', { cause });
  });
  if (text.length > MAX_CHARACTERS) {
    throw new DatasetError(`${file} is longer than 16 million characters.`, 'Shorten it.');
  }
  return text;
}
