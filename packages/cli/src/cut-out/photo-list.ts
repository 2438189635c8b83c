import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { DatasetError } from '@latent-matte/backend-node/core';
import { glob, isDynamicPattern } from 'tinyglobby';
import { isFolder, listPictures } from '../data/list-files';
import { isResult, STANDARD } from './output-paths';

/**
 * The photos that were named: files as they are, the pictures of folders by name, and what a pattern matches, which no
 * shell of Windows and none with quotes around it expands. A photo that is named twice, as by a pattern and its folder, is
 * there once.
 *
 * @param options.beside results are written beside the photos: those in folders and of patterns are no photos. Default false
 * @param options.maybeEmpty folders may be empty. Default false
 * @throws DatasetError a folder without pictures, or a pattern that nothing matches
 */
export async function listPhotos(
  named: readonly string[],
  {
    beside = false,
    maybeEmpty = false,
  }: { beside?: boolean; maybeEmpty?: boolean | undefined } = {},
): Promise<string[]> {
  const photos = new Set<string>();
  for (const name of named) {
    if (name !== STANDARD && isPattern(name)) {
      for (const file of await matches(name, beside)) photos.add(file);
      continue;
    }
    if (name === STANDARD || !(await isFolder(name))) {
      photos.add(name);
      continue;
    }
    const { files, problems } = await listPictures(name, 'photos');
    // Two files of one name are two photos here, but their results would be one file.
    if (problems[0] !== undefined) throw new DatasetError(problems[0].message, problems[0].remedy);
    const found = [...files.values()].filter((file) => !(beside && isResult(file)));
    if (found.length === 0 && !maybeEmpty) {
      throw new DatasetError(
        `${name} holds no picture.`,
        'Name photos, or a folder that has some.',
      );
    }
    for (const file of found) photos.add(file);
  }
  return [...photos];
}

/** A file may be called `[1].jpg`: what is there is no pattern. */
export const isPattern = (name: string): boolean => isDynamicPattern(name) && !existsSync(name);

async function matches(pattern: string, beside: boolean): Promise<string[]> {
  // A pattern has the slashes of everybody, whatever the paths of the system have.
  const found = await glob(process.platform === 'win32' ? pattern.replaceAll('\\', '/') : pattern, {
    absolute: isAbsolute(pattern),
    expandDirectories: false,
    dot: false,
  });
  const files = found.filter((file) => !(beside && isResult(file))).sort();
  if (files.length === 0) {
    throw new DatasetError(
      `No file matches ${pattern}.`,
      'Check the pattern: * is any part of a name, ** any folders, {jpg,png} one of several.',
    );
  }
  return files;
}
