import { readFile, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { createRandom, DatasetError } from '@latent-matte/backend-node/core';
import type { Inspection, Problem } from './dataset';
import { isFile, isFolder, listPictures } from './list-files';

/** Pictures in the archives of MS COCO (Lin et al., ECCV 2014), smallest useful one first. */
export const cocoSplits = {
  val2017: 5000,
  val2014: 40504,
  test2017: 40670,
  test2014: 40775,
  test2015: 81434,
  train2014: 82783,
  train2017: 118287,
  unlabeled2017: 123403,
} as const;

/** `instances_train2017.json` has 450 MB and would take gigabytes of memory. */
const MAX_ANNOTATION_BYTES = 200e6;

/** COCO's category "person". */
const PERSON = 1;

/**
 * MS COCO as a source of backgrounds: folders named as its archives unpack (`val2017/` …), in DIR or in `DIR/images`.
 * With `annotations/instances_SPLIT.json` beside them, pictures that show a person are left out: a person in the
 * background would teach the compositional loss the wrong thing.
 */
export async function inspectCoco(folder: string): Promise<Inspection> {
  const problems: Problem[] = [];
  const missing: string[] = [];
  const found: string[] = [];
  const backgrounds: string[] = [];
  for (const [split, count] of Object.entries(cocoSplits)) {
    const candidates = [join(folder, split), join(folder, 'images', split)];
    const present = await Promise.all(candidates.map(isFolder));
    const directory = candidates[present.indexOf(true)];
    if (directory === undefined) continue;
    const listing = await listPictures(directory, 'pictures');
    problems.push(...listing.problems);
    const { size } = listing.files;
    if (size < count) missing.push(`${count - size} of the ${count} pictures in ${split}/`);
    const people = await picturesOfPeople(join(folder, 'annotations', `instances_${split}.json`));
    if (typeof people === 'string') missing.push(people);
    const usable = [...listing.files.values()].filter(
      (path) => typeof people === 'string' || !people.has(imageId(path)),
    );
    found.push(`${size} of ${count} pictures in ${split}/, ${usable.length} used`);
    backgrounds.push(...usable);
  }
  if (found.length === 0) {
    problems.push({
      message: `${folder} holds none of the folders of MS COCO.`,
      remedy: `Unpack val2017.zip (5,000 pictures) there; also known: ${Object.keys(cocoSplits).slice(1).join(', ')}.`,
    });
  } else if (backgrounds.length === 0) {
    problems.push({
      message: `${folder} holds no picture that can be a background.`,
      remedy: 'Unpack the archive again.',
    });
  }
  return { layout: 'coco', pictures: [], backgrounds, found, problems, missing };
}

const imageId = (path: string): number =>
  Number(/(\d+)$/.exec(basename(path, extname(path)))?.[1] ?? Number.NaN);

/** Ids of the pictures with a person, or a sentence on why they are not known. */
async function picturesOfPeople(file: string): Promise<ReadonlySet<number> | string> {
  if (!(await isFile(file))) {
    return `${basename(file)} in annotations/ (pictures of people cannot be left out)`;
  }
  if ((await stat(file)).size > MAX_ANNOTATION_BYTES) {
    return `${basename(file)} is larger than 200 MB and was not read (pictures of people are not left out)`;
  }
  const wrong = new DatasetError(
    `${file} is not a COCO annotation file.`,
    'Unpack annotations_trainval2017.zip again.',
  );
  let annotations: unknown;
  try {
    annotations = (JSON.parse(await readFile(file, 'utf8')) as { annotations?: unknown })
      ?.annotations;
  } catch {
    throw wrong;
  }
  if (!Array.isArray(annotations)) throw wrong;
  const people = new Set<number>();
  for (const annotation of annotations as { image_id?: unknown; category_id?: unknown }[]) {
    if (annotation?.category_id === PERSON) people.add(Number(annotation.image_id));
  }
  return people;
}

/**
 * Some backgrounds of a folder: of MS COCO where it looks like it, otherwise any pictures in it.
 *
 * @returns at most `count` paths, drawn without repetition by the seed
 * @throws DatasetError there are none
 */
export async function drawBackgrounds(
  folder: string,
  count: number,
  seed: number,
): Promise<string[]> {
  const coco = await inspectCoco(folder);
  let paths = [...coco.backgrounds];
  if (paths.length === 0) paths = [...(await listPictures(folder, '')).files.values()];
  if (paths.length === 0) {
    throw new DatasetError(
      `${folder} holds no picture to use as a background.`,
      'Give a folder of pictures, or one with the folders of MS COCO (val2017/ …).',
    );
  }
  const random = createRandom(seed).fork('backgrounds');
  const drawn: string[] = [];
  while (drawn.length < count && paths.length > 0) {
    drawn.push(...paths.splice(random.integer(paths.length), 1));
  }
  return drawn;
}
