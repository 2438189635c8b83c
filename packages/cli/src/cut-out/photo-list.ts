import { DatasetError } from '@latent-matte/backend-node/core';
import { isFolder, listPictures } from '../data/list-files';
import { isResult, STANDARD } from './output-paths';

/**
 * The photos that were named: files as they are, the pictures of folders by name. A photo that is named twice, as by a
 * pattern and its folder, is there once.
 *
 * @param options.beside results are written beside the photos: those in folders are no photos. Default false
 * @param options.maybeEmpty folders may be empty. Default false
 * @throws DatasetError a folder without pictures
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
