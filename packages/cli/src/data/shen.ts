import { basename, join } from 'node:path';
import { readImage, readMap } from '@latent-matte/backend-node';
import type { DatasetPicture, Inspection, Problem } from './dataset';
import { enumerate, isFolder, listPictures } from './list-files';
import { readTags } from './read-tags';

/** Pairs in the two folders of the distributed archive. */
export const shenSplits = { training: 1700, testing: 300 } as const;

const SUFFIX = '_matte';

/**
 * The portrait matting data of Shen et al. ("Deep Automatic Portrait Matting", ECCV 2016) as distributed:
 * `training/00001.png` beside `training/00001_matte.png`, 1,700 pairs, and `testing/`, 300. 600 × 800 pixels, no
 * trimaps.
 *
 * @param split the folder to use, default `testing`
 */
export async function inspectShen(
  folder: string,
  split: keyof typeof shenSplits = 'testing',
): Promise<Inspection> {
  const problems: Problem[] = [];
  const missing: string[] = [];
  const found: string[] = [];
  const pairs = new Map<string, readonly [image: string, matte: string]>();
  for (const [name, count] of Object.entries(shenSplits)) {
    const directory = join(folder, name);
    if (!(await isFolder(directory))) {
      missing.push(`the folder ${name}/ with ${count} pairs`);
      continue;
    }
    const listing = await listPictures(directory, 'pairs');
    problems.push(...listing.problems);
    const { complete, lonely } = pair(listing.files);
    for (const [message, names] of lonely) {
      if (names.length === 0) continue;
      problems.push({
        message: `${directory} ${message} ${enumerate(names)}.`,
        remedy: 'Each portrait NAME.png needs its NAME_matte.png beside it.',
      });
    }
    found.push(`${complete.size} of ${count} pairs in ${name}/`);
    if (complete.size < count) missing.push(`${name}/: ${lacking(complete, count)}`);
    if (name === split) for (const [key, value] of complete) pairs.set(key, value);
  }
  if (!(await isFolder(join(folder, split)))) {
    problems.push({
      message: `${folder} has no folder "${split}".`,
      remedy: 'Unpack the archive so that training/ and testing/ lie in this folder.',
    });
  } else if (pairs.size === 0) {
    problems.push({
      message: `${join(folder, split)} holds no pair of NAME.png and NAME_matte.png.`,
      remedy: 'Unpack the archive there.',
    });
  }
  const tags = await readTags(folder, pairs.keys());
  const pictures = [...pairs].map(([name, [image, matte]]): DatasetPicture => {
    const marks = tags.get(name) ?? [];
    return {
      name,
      tags: marks,
      hasTrimap: false,
      files: [image, matte],
      load: async () => ({
        name,
        image: await readImage(image),
        alpha: await readMap(matte),
        ...(marks.length > 0 && { tags: marks }),
      }),
    };
  });
  return { layout: 'shen', pictures, backgrounds: [], found, problems, missing };
}

function pair(files: ReadonlyMap<string, string>): {
  complete: Map<string, readonly [string, string]>;
  lonely: [message: string, names: string[]][];
} {
  const complete = new Map<string, readonly [string, string]>();
  const withoutMatte: string[] = [];
  for (const [name, path] of files) {
    if (name.endsWith(SUFFIX)) continue;
    const matte = files.get(name + SUFFIX);
    if (matte === undefined) withoutMatte.push(basename(path));
    else complete.set(name, [path, matte]);
  }
  const withoutImage = [...files]
    .filter(([name]) => name.endsWith(SUFFIX) && !files.has(name.slice(0, -SUFFIX.length)))
    .map(([, path]) => basename(path));
  return {
    complete,
    lonely: [
      ['lacks the matte of', withoutMatte],
      ['has a matte without a portrait:', withoutImage],
    ],
  };
}

/** The archive numbers its pairs from 00001, so the gaps have names. */
function lacking(complete: ReadonlyMap<string, unknown>, count: number): string {
  const expected = Array.from({ length: count }, (_, i) => String(i + 1).padStart(5, '0'));
  const gaps = expected.filter((name) => !complete.has(name));
  return enumerate(gaps.slice(0, Math.max(gaps.length, 1)));
}
