import { join } from 'node:path';
import { readImage, readMap } from '@latent-matte/backend-node';
import type { Inspection, Problem } from './dataset';
import { enumerate, isFolder, listPictures } from './list-files';
import { readTags } from './read-tags';

/** Which folder holds the truth: mattes, or hard masks of the person. */
export type TruthFolder = 'alpha' | 'mask';

/**
 * `image/ alpha/ [trimap/]`, matched by file name without extension.
 *
 * @param truth `mask`: hard masks in `mask/` instead of mattes; they are loaded as `alpha`
 */
export async function inspectTriples(
  folder: string,
  truth: TruthFolder = 'alpha',
): Promise<Inspection> {
  const hasTrimaps = await isFolder(join(folder, 'trimap'));
  const problems: Problem[] = [];
  const list = async (
    kind: TruthFolder | 'image' | 'trimap',
  ): Promise<ReadonlyMap<string, string>> => {
    const directory = join(folder, kind);
    if (!(await isFolder(directory))) {
      problems.push({
        message: `${folder} has no folder "${kind}".`,
        remedy: `Give a folder with image/, ${truth}/ and, if you have them, trimap/.`,
      });
      return new Map();
    }
    const listing = await listPictures(directory, '');
    problems.push(...listing.problems);
    return listing.files;
  };
  const images = await list('image');
  const alphas = await list(truth);
  const trimaps = hasTrimaps ? await list('trimap') : undefined;
  if (images.size === 0 && problems.length === 0) {
    problems.push({
      message: `${join(folder, 'image')} holds no picture.`,
      remedy: 'Put PNG, JPEG or WebP files there.',
    });
  }
  if (problems.length === 0) {
    for (const [kind, parts] of Object.entries({ [truth]: alphas, trimap: trimaps })) {
      if (parts !== undefined) problems.push(...unmatched(folder, kind, images, parts));
    }
  }
  const names = [...images.keys()].filter(
    (name) => alphas.has(name) && trimaps?.has(name) !== false,
  );
  // A folder with problems is not used, and names that belong to its gaps are no error of the tags.
  const tags = problems.length > 0 ? new Map<string, string[]>() : await readTags(folder, names);
  return {
    layout: 'triples',
    pictures: names.map((name) => {
      const [image, alpha, trimap] = [images.get(name)!, alphas.get(name)!, trimaps?.get(name)];
      const marks = tags.get(name) ?? [];
      return {
        name,
        tags: marks,
        hasTrimap: trimap !== undefined,
        files: [image, alpha, ...(trimap === undefined ? [] : [trimap])],
        load: async () => ({
          name,
          image: await readImage(image),
          alpha: await readMap(alpha),
          ...(trimap !== undefined && { trimap: await readMap(trimap) }),
          ...(marks.length > 0 && { tags: marks }),
        }),
      };
    }),
    backgrounds: [],
    found: [
      `${images.size} in image/`,
      `${alphas.size} in ${truth}/`,
      trimaps === undefined ? 'no trimap/ (not needed)' : `${trimaps.size} in trimap/`,
    ],
    problems,
    missing: [],
  };
}

function* unmatched(
  folder: string,
  kind: string,
  images: ReadonlyMap<string, string>,
  parts: ReadonlyMap<string, string>,
): Generator<Problem> {
  const missing = [...images.keys()].filter((name) => !parts.has(name));
  if (missing.length > 0) {
    yield {
      message: `${folder} lacks the ${kind} of ${enumerate(missing)}.`,
      remedy: `Add ${kind}/NAME.png for each, or remove the images.`,
    };
  }
  const extra = [...parts.keys()].filter((name) => !images.has(name));
  if (extra.length > 0) {
    yield {
      message: `${folder} has ${kind === 'alpha' ? 'an' : 'a'} ${kind} without an image: ${enumerate(extra)}.`,
      remedy: 'Add the images, or remove the extra files.',
    };
  }
}
