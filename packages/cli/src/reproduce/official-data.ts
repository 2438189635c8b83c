import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  loadLatents,
  openCheckpoint,
  openFileSource,
  toFloat32,
  type WeightTensor,
} from '@latent-matte/backend-node/checkpoints';
import { DatasetError, type LatentData } from '@latent-matte/backend-node/core';
import { enumerate, isFile, isFolder, listPictures } from '../data/list-files';

/** A portrait as the authors keep it: `image/N.png`, `matte/N.png`, and what else is there under that name. */
export interface OfficialPicture {
  readonly name: string;
  readonly image: string;
  readonly matte: string;
  readonly trimap?: string;
  readonly foreground?: string;
  /** `param/N.pt` of their inversion, or latents of ours. */
  readonly latents?: string;
}

/** The folder of truths: theirs, or that of the other layouts here. */
const TRUTHS = ['matte', 'alpha'] as const;

/**
 * Portraits in the authors' layout. Trimaps, foregrounds and latents are optional, each by itself.
 *
 * @throws DatasetError no images, or an image without its true matte
 */
export async function listOfficialPictures(folder: string): Promise<OfficialPicture[]> {
  const list = async (kind: string, needed: boolean): Promise<ReadonlyMap<string, string>> => {
    const directory = join(folder, kind);
    if (!needed && !(await isFolder(directory))) return new Map();
    const { files, problems } = await listPictures(directory, 'pictures');
    const [problem] = problems;
    if (problem !== undefined) throw new DatasetError(problem.message, problem.remedy);
    return files;
  };
  const images = await list('image', true);
  let truth: (typeof TRUTHS)[number] = TRUTHS[0];
  for (const kind of [...TRUTHS].reverse()) if (await isFolder(join(folder, kind))) truth = kind;
  const mattes = await list(truth, true);
  const [trimaps, foregrounds] = [await list('trimap', false), await list('foreground', false)];
  const lacking = [...images.keys()].filter((name) => !mattes.has(name));
  if (images.size === 0 || lacking.length > 0) {
    throw new DatasetError(
      images.size === 0
        ? `${join(folder, 'image')} holds no picture.`
        : `${folder} lacks the true matte of ${enumerate(lacking)}.`,
      "Give a folder laid out as the authors' dataset/testing: image/N.png with matte/N.png.",
    );
  }
  const pictures: OfficialPicture[] = [];
  for (const [name, image] of images) {
    const latents = await firstFile(
      ...['.pt', '.pth', '.safetensors'].map((ending) => join(folder, 'param', name + ending)),
    );
    pictures.push({
      name,
      image,
      matte: mattes.get(name)!,
      ...(trimaps.has(name) && { trimap: trimaps.get(name)! }),
      ...(foregrounds.has(name) && { foreground: foregrounds.get(name)! }),
      ...(latents !== undefined && { latents }),
    });
  }
  return pictures;
}

/** Files of a picture that decide its result. */
const FILES = ['image', 'matte', 'trimap', 'foreground', 'latents'] as const;

/** SHA-256 of each file of a picture: with another photograph, truth or inversion its result is another. */
export async function contentsOf(
  picture: OfficialPicture,
): Promise<Partial<Record<(typeof FILES)[number], string>>> {
  const contents: Partial<Record<(typeof FILES)[number], string>> = {};
  for (const kind of FILES) {
    const path = picture[kind];
    if (path === undefined) continue;
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
    contents[kind] = hash.digest('hex');
  }
  return contents;
}

async function firstFile(...paths: string[]): Promise<string | undefined> {
  for (const path of paths) if (await isFile(path)) return path;
  return undefined;
}

/** An inversion of 1024² has 14 MB. */
const MOST_BYTES = 2 ** 28;

/**
 * Latents of a portrait: `{ latent_in, noises }` of the authors' inversion, or a file of `latent-matte invert`.
 *
 * @throws DatasetError the file holds something else, or far too much
 */
export async function readOfficialLatents(path: string): Promise<LatentData> {
  if (path.endsWith('.safetensors')) return (await loadLatents(path)).latents;
  const { size } = await stat(path);
  if (size > MOST_BYTES) {
    throw new DatasetError(`${path} has ${size} bytes.`, 'Latents of a portrait are far smaller.');
  }
  const source = await openFileSource(path);
  try {
    const { tensors } = await openCheckpoint(source);
    const styles = tensors.get('latent_in');
    const noise = Array.from({ length: tensors.size }, (_, i) => tensors.get(`noises/${i}`));
    const maps = noise.slice(0, noise.indexOf(undefined));
    if (styles === undefined || styles.shape.length !== 3 || styles.shape[0] !== 1) {
      throw new DatasetError(
        `${path} has no latent_in [1, layers, 512].`,
        'Give a file that stylegan++.py saved, or remove it: the portrait is then inverted here.',
      );
    }
    return {
      styles: { shape: styles.shape.slice(1), data: toFloat32(styles, 'latent_in') },
      noise: (maps as WeightTensor[]).map((map, i) => ({
        // [1, 1, height, width] → [height, width, 1]
        shape: [...map.shape.slice(2), 1],
        data: toFloat32(map, `noises/${i}`),
      })),
    };
  } finally {
    await source.close();
  }
}
