import { readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { readImage, readMap } from '@latent-matte/backend-node';
import { DatasetError } from '@latent-matte/backend-node/core';
import { composeOver } from './compose-over';
import type { DatasetPicture, Inspection, Problem } from './dataset';
import { enumerate, isFile, isFolder, listPictures } from './list-files';

/** The published test set: 50 foregrounds, each over 20 backgrounds of its own. */
const FOREGROUNDS = 50;
const BACKGROUNDS_EACH = 20;

/**
 * Adobe's composition test set (Xu et al., "Deep Image Matting", CVPR 2017), composed as its `Composition_code.py`
 * does: foreground number i over backgrounds 20 i … 20 i + 19 in the order of the name lists. Either as distributed,
 *
 *     Test_set/Adobe-licensed images/{fg,alpha,trimaps}/   Test_set/test_{fg,bg}_names.txt   bg/ (Pascal VOC)
 *
 * or as `fg/ alpha/ bg/ [trimaps/] [test_fg_names.txt] [test_bg_names.txt]`. Without name lists the order is
 * alphabetical, and a smaller set of backgrounds is shared out evenly. A `portraits.txt` with names of foregrounds
 * picks the portraits.
 */
export async function inspectAdobe(folder: string): Promise<Inspection> {
  const places = await findPlaces(folder);
  const problems: Problem[] = [];
  const missing: string[] = [];
  const list = async (directory: string, purpose: string) => {
    const listing = await listPictures(directory, purpose);
    problems.push(...listing.problems);
    return listing.files;
  };
  const foregrounds = await list(places.fg, 'the foreground colours, one picture per person');
  const alphas = await list(places.alpha, 'the mattes, named like the foregrounds');
  const backgrounds = await list(
    places.bg,
    'the backgrounds: the pictures of Pascal VOC 2007 and 2012 that test_bg_names.txt lists',
  );
  const hasTrimaps = await isFolder(places.trimaps);
  const trimaps = hasTrimaps ? await list(places.trimaps, 'trimaps') : undefined;
  if (!hasTrimaps) missing.push('trimaps/ (needed for --trimap given and the published region)');
  const foregroundOrder = (await readNames(places.lists, 'test_fg_names.txt')) ?? [
    ...foregrounds.keys(),
  ];
  const listedBackgrounds = await readNames(places.lists, 'test_bg_names.txt');
  const backgroundOrder = listedBackgrounds ?? [...backgrounds.keys()];
  if (listedBackgrounds === undefined) missing.push('test_bg_names.txt (the published pairing)');
  report('foreground', foregroundOrder, foregrounds, places.fg, problems);
  report('alpha', foregroundOrder, alphas, places.alpha, problems);
  const absent = backgroundOrder.filter((name) => !backgrounds.has(name));
  if (absent.length > 0) missing.push(`${absent.length} backgrounds: ${enumerate(absent)}`);
  if (foregroundOrder.length < FOREGROUNDS) {
    missing.push(`${FOREGROUNDS - foregroundOrder.length} of the ${FOREGROUNDS} foregrounds`);
  }
  if (backgroundOrder.length === 0) {
    problems.push({
      message: `${places.bg} holds no picture.`,
      remedy: 'Copy the backgrounds there; they are not part of the archive.',
    });
  }
  const chosen = await choosePortraits(folder, foregroundOrder);
  const each = listedBackgrounds
    ? BACKGROUNDS_EACH
    : Math.max(
        1,
        Math.min(
          BACKGROUNDS_EACH,
          Math.floor(backgroundOrder.length / Math.max(1, foregroundOrder.length)),
        ),
      );
  const pictures: DatasetPicture[] = [];
  const withoutTrimap: string[] = [];
  for (const [i, name] of foregroundOrder.entries()) {
    const [fg, alpha] = [foregrounds.get(name), alphas.get(name)];
    if (!chosen.has(name) || fg === undefined || alpha === undefined) continue;
    for (let j = 0; j < each; j++) {
      const wanted = backgroundOrder[(i * each + j) % Math.max(1, backgroundOrder.length)];
      const bg = wanted === undefined ? undefined : backgrounds.get(wanted);
      if (bg === undefined) continue;
      // One trimap per composite as distributed; one per foreground is accepted.
      const trimap = trimaps?.get(`${name}_${j}`) ?? trimaps?.get(name);
      if (trimaps !== undefined && trimap === undefined) withoutTrimap.push(`${name}_${j}`);
      pictures.push(composite(`${name}_${j}`, { fg, alpha, bg, trimap }));
    }
  }
  if (withoutTrimap.length > 0) {
    problems.push({
      message: `${places.trimaps} lacks the trimap of ${enumerate(withoutTrimap)}.`,
      remedy: 'Each composite has a trimap NAME_0.png … NAME_19.png; or leave the folder out.',
    });
  }
  return {
    layout: 'adobe',
    pictures,
    backgrounds: [...backgrounds.values()],
    found: [
      `${foregroundOrder.length} of ${FOREGROUNDS} foregrounds`,
      `${backgroundOrder.length - absent.length} of ${FOREGROUNDS * BACKGROUNDS_EACH} backgrounds`,
      `${pictures.length} composites${chosen.size < foregroundOrder.length ? ` of the ${chosen.size} in portraits.txt` : ''}`,
    ],
    problems,
    missing,
  };
}

interface Places {
  readonly fg: string;
  readonly alpha: string;
  readonly bg: string;
  readonly trimaps: string;
  /** Where the name lists are. */
  readonly lists: string;
}

async function findPlaces(folder: string): Promise<Places> {
  for (const test of [
    join(folder, 'Combined_Dataset', 'Test_set'),
    join(folder, 'Test_set'),
    folder,
  ]) {
    const licensed = join(test, 'Adobe-licensed images');
    if (!(await isFolder(licensed))) continue;
    const bg = join(test, 'bg');
    return {
      fg: join(licensed, 'fg'),
      alpha: join(licensed, 'alpha'),
      bg: (await isFolder(bg)) ? bg : join(folder, 'bg'),
      trimaps: join(licensed, 'trimaps'),
      lists: test,
    };
  }
  const at = (name: string) => join(folder, name);
  const trimaps = (await isFolder(at('trimap'))) ? at('trimap') : at('trimaps');
  return { fg: at('fg'), alpha: at('alpha'), bg: at('bg'), trimaps, lists: folder };
}

/** The lines of a list without their extensions; undefined when there is no such file. */
async function readNames(folder: string, file: string): Promise<string[] | undefined> {
  const path = join(folder, file);
  if (!(await isFile(path))) return undefined;
  const lines = (await readFile(path, 'utf8')).split(/\r?\n/).map((line) => line.trim());
  return lines
    .filter((line) => line !== '')
    .map((line) => basename(line, extname(line)).normalize('NFC'));
}

async function choosePortraits(
  folder: string,
  foregrounds: readonly string[],
): Promise<ReadonlySet<string>> {
  const portraits = await readNames(folder, 'portraits.txt');
  if (portraits === undefined) return new Set(foregrounds);
  const strangers = portraits.filter((name) => !foregrounds.includes(name));
  if (strangers.length > 0) {
    throw new DatasetError(
      `portraits.txt names foregrounds that are not there: ${enumerate(strangers)}.`,
      'Give names as in fg/, one a line.',
    );
  }
  return new Set(portraits);
}

function report(
  what: string,
  names: readonly string[],
  files: ReadonlyMap<string, string>,
  folder: string,
  problems: Problem[],
): void {
  const absent = names.filter((name) => !files.has(name));
  if (absent.length === 0) return;
  problems.push({
    message: `${folder} lacks the ${what} of ${enumerate(absent)}.`,
    remedy: 'Unpack the archive again, or take the names out of test_fg_names.txt.',
  });
}

function composite(
  name: string,
  { fg, alpha, bg, trimap }: { fg: string; alpha: string; bg: string; trimap: string | undefined },
): DatasetPicture {
  return {
    name,
    tags: [],
    hasTrimap: trimap !== undefined,
    files: [fg, alpha, bg, ...(trimap === undefined ? [] : [trimap])],
    load: async () => {
      const matte = await readMap(alpha);
      return {
        name,
        image: composeOver(name, await readImage(fg), matte, await readImage(bg)),
        alpha: matte,
        ...(trimap !== undefined && { trimap: await readMap(trimap) }),
      };
    },
  };
}
