import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { InvalidOptionError, WeightsError } from '@latent-matte/core';
import { sha256Of } from '@latent-matte/files/sha256-of';
import { type FileEntry, formatOf, type ModelFileFormat, otherFilesOf } from '@latent-matte/models';
import { createWeightResolver, type WeightResolver } from './resolve-weights';

/** Files above this together are refused before they are read. */
const MOST_BYTES = 2 ** 30;

/** A model file of another program, read into memory with those that it names. */
export interface ModelFileContents {
  readonly format: ModelFileFormat;
  /** By name; the file that was given first. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

/**
 * Reads an .onnx or .tflite file, or a model.json of tfjs, with the weights that it names beside it.
 *
 * @throws InvalidOptionError it has another ending, is too large, or names files that are not beside it
 * @throws WeightsError it cannot be read
 * @throws WeightFormatError a damaged ONNX file
 */
export async function readModelFile(path: string): Promise<ModelFileContents> {
  const format = formatOf(path);
  if (format === undefined) {
    throw new InvalidOptionError(
      `${path} is no model file.`,
      'Give an .onnx or .tflite file, or the model.json of a graph model.',
    );
  }
  const first = await read(path);
  const contents = new Map([[basename(path), first]]);
  let left = MOST_BYTES - first.length;
  for (const name of otherFilesOf(format, first)) {
    const other = await read(await beside(path, name), left);
    left -= other.length;
    contents.set(name, other);
  }
  return { format, contents };
}

/**
 * The files of an entry of the catalogue, from a folder that holds them, or from the folder of one of them.
 *
 * @throws WeightsError a file is missing, or is not the one that was checked
 */
export async function readCatalogueFiles(
  { files }: FileEntry,
  from: string,
): Promise<Map<string, Uint8Array>> {
  const isFolder = (await stat(from).catch(() => undefined))?.isDirectory() === true;
  const contents = new Map<string, Uint8Array>();
  for (const { name, size, sha256 } of files) {
    // A single file may have any name: its hash tells it.
    const path = isFolder
      ? join(from, name)
      : files.length === 1
        ? from
        : join(dirname(from), name);
    const content = await read(path);
    const hash = sha256Of(content);
    if (content.length !== size || hash !== sha256) {
      throw new WeightsError(
        `${path} is not the ${name} that was checked: ${content.length} bytes, SHA-256 ${hash.slice(0, 12)}… instead of ${size}, ${sha256.slice(0, 12)}….`,
        'Add it as a file of its own: `latent-matte models add FILE --id NAME`.',
      );
    }
    contents.set(name, content);
  }
  return contents;
}

/**
 * Fetches the files of an entry of the catalogue; size and SHA-256 are verified before a byte is used.
 *
 * @param resolve for tests; default: over https, and nothing is kept
 * @throws WeightsError unreachable, of another size or hash, or without an address
 */
export async function fetchCatalogueFiles(
  { id, files }: FileEntry,
  signal: AbortSignal,
  resolve: WeightResolver = createWeightResolver({ cacheDirectory: null }),
): Promise<Map<string, Uint8Array>> {
  const contents = new Map<string, Uint8Array>();
  for (const { name, url, size, sha256 } of files) {
    if (url === undefined) {
      throw new WeightsError(
        `The file ${name} has no address of its own.`,
        `Give it: \`latent-matte models add ${id} --from ${name}\`.`,
      );
    }
    const content = await resolve({ url, size, sha256 }, undefined, { signal });
    contents.set(name, content);
  }
  return contents;
}

/**
 * A file in the folder of the model or below, or in that of the file which the model is a link to, as in the cache of
 * Hugging Face. A link to anywhere else is not followed: a stranger's model would choose what is read.
 */
async function beside(model: string, name: string): Promise<string> {
  const path = join(dirname(model), name);
  const [own, folder, file] = await Promise.all(
    [path, dirname(model), model].map((each) => realpath(each).catch(() => each)),
  );
  const inside = (place: string) => own!.startsWith(place.endsWith(sep) ? place : place + sep);
  // The cache keeps all files of all models side by side: nothing below is a model's own.
  if (inside(folder!) || dirname(own!) === dirname(file!)) return own!;
  throw new InvalidOptionError(
    `${path} is a link to ${own}, outside the folder of the model.`,
    'Put the file itself there.',
  );
}

async function read(path: string, most = MOST_BYTES): Promise<Uint8Array> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new WeightsError(`There is no file ${path}.`, 'Check the path.', { cause });
  });
  // A device or a pipe has no size, and may have no end.
  if (!found.isFile()) throw new WeightsError(`${path} is no file.`, 'Check the path.');
  if (found.size > most) {
    throw new InvalidOptionError(
      `${path} has ${found.size} bytes; ${most} of ${MOST_BYTES} are left for it.`,
      'Use a smaller model.',
    );
  }
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new WeightsError(`${path} cannot be read.`, 'Check its permissions.', { cause });
  }
}
