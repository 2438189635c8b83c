import { readdir, rm } from 'node:fs/promises';
import { UnknownModelError, WeightsError } from '@latent-matte/core';
import { setModelFinder } from '@latent-matte/core/internal';
import { loadOptional } from '@latent-matte/files/load-optional';
import { outputErrorFrom } from '@latent-matte/files/write-file-atomic';
import {
  type GraphModelClass,
  type InstalledModel,
  registerInstalledModel,
  setInstalledModels,
} from '@latent-matte/models';
import { readEntry } from './installed-entry';
import {
  checkpointPath,
  entryPath,
  filesPath,
  idOfVersion,
  MODEL_ID,
  modelsDirectory,
  versionPath,
} from './models-directory';
import { resolveWeights } from './resolve-weights';

/**
 * The models the user added, by id.
 *
 * @param onDamaged told of a model whose description is damaged, which is left out
 * @throws WeightsError a description is damaged, and nobody is told
 */
export async function listInstalledModels(
  onDamaged?: (error: WeightsError, id: string) => void,
): Promise<InstalledModel[]> {
  const models: InstalledModel[] = [];
  for (const id of await installedIds()) {
    try {
      models.push(await readEntry(id));
    } catch (error) {
      if (onDamaged === undefined || !WeightsError.isInstance(error)) throw error;
      onDamaged(error, id);
    }
  }
  return models;
}

async function installedIds(): Promise<string[]> {
  const names = await readdir(modelsDirectory()).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw new WeightsError(
      `The folder ${modelsDirectory()} cannot be read.`,
      'Check its permissions, or set LATENT_MATTE_MODELS.',
      { cause },
    );
  });
  const ids = names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -5));
  return ids.filter((id) => MODEL_ID.test(id)).sort();
}

/** The model of an id, whatever the descriptions of others hold. @throws WeightsError its own is damaged */
export async function findInstalledModel(id: string): Promise<InstalledModel | undefined> {
  return (await installedIds()).includes(id) ? await readEntry(id) : undefined;
}

/** Removes a model and its weights. @throws UnknownModelError there is none of that id */
export async function removeInstalledModel(id: string): Promise<void> {
  const names: string[] = await readdir(modelsDirectory()).catch(() => []);
  if (
    !MODEL_ID.test(id) ||
    !names.some(
      (name) => [`${id}.json`, `${id}.safetensors`, id].includes(name) || idOfVersion(name) === id,
    )
  ) {
    throw new UnknownModelError(
      `There is no installed model "${id}".`,
      'See `latent-matte models list`.',
    );
  }
  const versions = names.filter((name) => idOfVersion(name) === id).map(versionPath);
  for (const path of [entryPath(id), checkpointPath(id), filesPath(id), ...versions]) {
    await rm(path, { force: true, recursive: true }).catch((cause: unknown) => {
      throw outputErrorFrom(path, cause);
    });
  }
}

/** Reads the files of a model and compares size and SHA-256. @throws WeightsError they differ */
export async function verifyInstalledModel({ files }: InstalledModel): Promise<void> {
  for (const { url, size, sha256 } of files) await resolveWeights({ url, size, sha256 });
}

/**
 * Makes every installed model available by its id. One whose description is damaged is left out with a warning: it
 * must not stop what does not ask for it.
 */
export async function registerInstalledModels(): Promise<void> {
  const models = await listInstalledModels(({ message }) =>
    process.emitWarning(`${message} It was left out.`, 'LatentMatteWarning'),
  );
  for (const model of models) registerInstalledModel(model);
}

/** The converter of tfjs, which graph models need and a plain install leaves out. */
export async function graphModels(): Promise<GraphModelClass> {
  const converter = '@tensorflow/tfjs-converter';
  return loadOptional<{ GraphModel: GraphModelClass }>(
    converter,
    'reads graph models',
    import.meta.url,
  ).GraphModel;
}

// So that a name works as an option, too: `cutOut(photo, { model: 'sinet' })`.
setModelFinder(async (name) => {
  const model = await findInstalledModel(name);
  if (model !== undefined) registerInstalledModel(model);
});

setInstalledModels({
  list: (wanted) =>
    listInstalledModels((error, id) => {
      if (id === wanted) throw error;
    }),
  graphModels,
});
