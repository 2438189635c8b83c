import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatasetError } from '@latent-matte/backend-node/core';
import type { PairSet } from '@latent-matte/backend-node/fine-tune';
import type { DatasetPicture } from '../data/dataset';
import { datasetError } from '../data/inspect-dataset';
import { isFolder } from '../data/list-files';
import { inspectTriples } from '../data/triples';

/**
 * The pairs of a folder: `image/ alpha/ [trimap/]` in it, or in each folder of it, which is how `latent-matte generate`
 * writes its shards. Nothing is decoded before `load`.
 *
 * @throws DatasetError no pairs, an image without its matte, or a matte without its image
 */
export async function openPairs(folder: string): Promise<PairSet> {
  const pictures: DatasetPicture[] = [];
  for (const root of await rootsOf(folder)) {
    const inspection = await inspectTriples(root);
    if (inspection.problems.length > 0) throw datasetError(inspection);
    pictures.push(...inspection.pictures);
  }
  return { length: pictures.length, load: (index) => pictures[index]!.load() };
}

async function rootsOf(folder: string): Promise<string[]> {
  const holds = (root: string) => isFolder(join(root, 'image'));
  if (await holds(folder)) return [folder];
  const names = await readdir(folder).catch(() => {
    throw new DatasetError(`There is no folder ${folder}.`, 'Check the path.');
  });
  const shards: string[] = [];
  for (const name of names.sort()) {
    const shard = join(folder, name);
    if (await holds(shard)) shards.push(shard);
  }
  if (shards.length > 0) return shards;
  throw new DatasetError(
    `${folder} holds no pairs.`,
    'Give a folder with image/, alpha/ and, if you have them, trimap/, or one of `latent-matte generate`.',
  );
}
