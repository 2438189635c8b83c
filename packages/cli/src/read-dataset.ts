import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import {
  DatasetError,
  type EvaluationSample,
  readImage,
  readMap,
} from '@latent-matte/backend-node';

const extensions = new Set(['.png', '.jpg', '.jpeg', '.webp', '.avif', '.tif', '.tiff']);

/** The names of a folder of `image/ alpha/ [trimap/]`, and the samples themselves, read one at a time. */
export interface Dataset {
  readonly names: readonly string[];
  /** @param limit the first so many, by name */
  samples(limit?: number): AsyncGenerator<EvaluationSample>;
}

/**
 * Checks that a folder holds an alpha matte (and where there is a `trimap/`, a trimap) for each image, matched
 * by file name without extension. Nothing is decoded before `samples` is called.
 *
 * @throws DatasetError naming what is missing, superfluous or there twice
 */
export async function readDataset(folder: string): Promise<Dataset> {
  const images = await list(folder, 'image');
  const alphas = await list(folder, 'alpha');
  const hasTrimaps = await isFolder(join(folder, 'trimap'));
  const trimaps = hasTrimaps ? await list(folder, 'trimap') : undefined;
  if (images.size === 0) {
    throw new DatasetError(
      `${join(folder, 'image')} holds no picture.`,
      'Put PNG, JPEG or WebP files there.',
    );
  }
  for (const [kind, parts] of Object.entries({ alpha: alphas, trimap: trimaps })) {
    if (parts === undefined) continue;
    const missing = [...images.keys()].filter((name) => !parts.has(name));
    if (missing.length > 0) {
      throw new DatasetError(
        `${folder} lacks the ${kind} of ${enumerate(missing)}.`,
        `Add ${kind}/NAME.png for each, or remove the images.`,
      );
    }
    const extra = [...parts.keys()].filter((name) => !images.has(name));
    if (extra.length > 0) {
      throw new DatasetError(
        `${folder} has an ${kind} without an image: ${enumerate(extra)}.`,
        'Add the images, or remove the extra files.',
      );
    }
  }
  const names = [...images.keys()].sort();
  return {
    names,
    async *samples(limit = names.length) {
      for (const name of names.slice(0, limit)) {
        const trimap = trimaps?.get(name);
        yield {
          name,
          image: await readImage(images.get(name)!),
          alpha: await readMap(alphas.get(name)!),
          ...(trimap !== undefined && { trimap: await readMap(trimap) }),
        };
      }
    },
  };
}

/** File name without extension → path. */
async function list(folder: string, kind: string): Promise<Map<string, string>> {
  const directory = join(folder, kind);
  if (!(await isFolder(directory))) {
    throw new DatasetError(
      `${folder} has no folder "${kind}".`,
      'Give a folder with image/, alpha/ and, if you have them, trimap/.',
    );
  }
  const files = new Map<string, string>();
  for (const file of await readdir(directory)) {
    const extension = extname(file);
    if (file.startsWith('.') || !extensions.has(extension.toLowerCase())) continue;
    const name = basename(file, extension);
    const earlier = files.get(name);
    if (earlier !== undefined) {
      throw new DatasetError(
        `${directory} holds "${name}" twice: ${basename(earlier)} and ${file}.`,
        'Remove one of them.',
      );
    }
    files.set(name, join(directory, file));
  }
  return files;
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );

/** At most five names. */
const enumerate = (names: readonly string[]): string =>
  names.length <= 5
    ? names.join(', ')
    : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`;
