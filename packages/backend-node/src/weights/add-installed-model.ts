import { readdir, readFile, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InvalidOptionError, WeightsError } from '@latent-matte/core';
import { makeFolder } from '@latent-matte/files/make-folder';
import { sha256Of } from '@latent-matte/files/sha256-of';
import { removeLeftovers } from '@latent-matte/files/temporary-name';
import { outputErrorFrom, writeFileAtomic } from '@latent-matte/files/write-file-atomic';
import {
  catalogueEntry,
  type InstalledModel,
  type ModelFileFacts,
  networks,
} from '@latent-matte/models';
import { type InstalledEntry, installedModel, isFileName } from './installed-entry';
import { findInstalledModel } from './installed-models';
import {
  checkpointName,
  checkpointPath,
  entryPath,
  filesPath,
  freshVersion,
  idOfVersion,
  MODEL_ID,
  modelsDirectory,
  versionPath,
} from './models-directory';

export interface AddModelOptions {
  /** Take the place of a model of the same id. Default false. */
  replace?: boolean;
}

/**
 * Adds a model, or refuses: nothing is replaced unless asked.
 *
 * @param content a safetensors file whose tensors the network accepts
 * @throws InvalidOptionError an id that is no file name, an unknown network, or an id in use
 */
export async function addInstalledModel(
  { id, network, license }: Pick<InstalledModel, 'id' | 'network' | 'license'>,
  content: Uint8Array,
  options: AddModelOptions = {},
): Promise<InstalledModel> {
  await assertFree(id, options);
  if (!networks.some((known) => known.id === network)) {
    throw new InvalidOptionError(
      `There is no network "${network}".`,
      `Use one of: ${networks.map((known) => known.id).join(', ')}.`,
    );
  }
  const contents = new Map([[checkpointName(id), content]]);
  const { size, sha256 } = listed(checkpointName(id), content);
  return await keep(id, modelsDirectory(), contents, { network, license, size, sha256 });
}

/**
 * Adds a model that is files of another program, or refuses.
 *
 * @param contents the files by name, the one that names the others first
 * @throws InvalidOptionError an id or a file name that is none, or an id in use
 */
export async function addModelFiles(
  { id, network, license }: Pick<InstalledModel, 'id' | 'network' | 'license'>,
  contents: ReadonlyMap<string, Uint8Array>,
  runs: ModelFileFacts,
  options: AddModelOptions = {},
): Promise<InstalledModel> {
  await assertFree(id, options);
  const wrong = [...contents.keys()].find((name) => !isFileName(name));
  if (wrong !== undefined) {
    throw new InvalidOptionError(
      `The file ${JSON.stringify(wrong)} cannot be kept under that name.`,
      'Rename it: letters, digits, dots, dashes and underscores.',
    );
  }
  const files = [...contents].map(([name, content]) => listed(name, content));
  return await keep(id, filesPath(id), contents, { network, license, files, runs });
}

async function assertFree(id: string, { replace = false }: AddModelOptions): Promise<void> {
  // These endings are those of the files of other ids.
  if (!MODEL_ID.test(id) || /\.(json|safetensors)$/.test(id)) {
    throw new InvalidOptionError(
      `"${id}" cannot be the id of a model.`,
      'Use up to 64 lower-case letters, digits, dots, dashes and underscores, a letter or digit first; no .json or .safetensors.',
    );
  }
  const known = catalogueEntry(id);
  if (known?.weights === 'embedded' || known?.weights === 'none') {
    throw new InvalidOptionError(
      `"${id}" is the name of a model that comes along.`,
      'Choose another id.',
    );
  }
  if (!replace && (await findInstalledModel(id)) !== undefined) {
    throw new InvalidOptionError(
      `There is a model "${id}" already.`,
      'Choose another id, or replace it with --force.',
    );
  }
}

const listed = (name: string, content: Uint8Array) => ({
  name,
  size: content.length,
  sha256: sha256Of(content),
});

/**
 * The description is written last, and over the former one: a process that is killed, or a full disk, leaves the model that
 * was there, or this one.
 */
async function keep(
  id: string,
  folder: string,
  contents: ReadonlyMap<string, Uint8Array>,
  entry: InstalledEntry,
): Promise<InstalledModel> {
  await removeLeftoversOfModels();
  const former = await readFile(entryPath(id), 'utf8').catch(() => undefined);
  const version = former === undefined ? undefined : freshVersion(id);
  const place = version === undefined ? folder : versionPath(version);
  const described = version === undefined ? entry : { ...entry, version };
  try {
    for (const [name, content] of contents) {
      await makeFolder(dirname(join(place, name)));
      await writeFileAtomic(join(place, name), content);
    }
    await writeFileAtomic(entryPath(id), `${JSON.stringify(described, null, 2)}\n`);
  } catch (error) {
    for (const name of contents.keys()) {
      await rm(join(place, name), { force: true }).catch(() => undefined);
      await removeEmptyFolders(dirname(join(place, name)));
    }
    if (version !== undefined) await rm(place, { force: true, recursive: true });
    throw error;
  }
  await removeFormer(id, described, former ?? '');
  const model = installedModel(id, described);
  if (model !== undefined) return model;
  throw new WeightsError(`"${id}" could not be described.`, 'This is a bug: please report it.');
}

/** A folder and those above it in the folder of models, as far as they are empty. */
async function removeEmptyFolders(folder: string): Promise<void> {
  for (let path = folder; path.length > modelsDirectory().length; path = dirname(path)) {
    const removed = await rmdir(path).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}

/** What a model of that id was before; another process may be adding one at this moment. */
async function removeFormer(
  id: string,
  { version, files }: InstalledEntry,
  former: string,
): Promise<void> {
  if (version !== undefined || files !== undefined) await remove(checkpointPath(id));
  if (version !== undefined || files === undefined) await remove(filesPath(id));
  for (const name of await readdir(modelsDirectory())) {
    if (idOfVersion(name) === id && names(former, name)) await remove(versionPath(name));
  }
}

const names = (description: string, version: string): boolean =>
  description.includes(JSON.stringify(version));

/** A version that no description names after so long never came to be. */
const ABANDONED_MILLISECONDS = 600 * 1000;

/** What a killed `models add` left, whichever model it was adding. */
async function removeLeftoversOfModels(): Promise<void> {
  const root = modelsDirectory();
  await removeLeftovers(root);
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isDirectory()) continue;
    await removeLeftovers(join(root, entry.name));
    const id = idOfVersion(entry.name);
    if (id !== undefined && (await isAbandoned(id, entry.name)))
      await remove(join(root, entry.name));
  }
}

async function isAbandoned(id: string, version: string): Promise<boolean> {
  const folder = await stat(versionPath(version)).catch(() => undefined);
  if (folder === undefined || Date.now() - folder.mtimeMs < ABANDONED_MILLISECONDS) return false;
  const text = await readFile(entryPath(id), 'utf8').catch(() => '');
  return !names(text, version);
}

async function remove(path: string): Promise<void> {
  await rm(path, { force: true, recursive: true }).catch((cause: unknown) => {
    throw outputErrorFrom(path, cause);
  });
}
