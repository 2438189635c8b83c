import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InvalidOptionError, UnknownModelError, WeightsError } from '@latent-matte/core';
import {
  type InstalledModel,
  networks,
  registerInstalledModel,
  setModelCatalog,
} from '@latent-matte/models';
import { makeFolder } from '../files/make-folder';
import { outputErrorFrom, writeFileAtomic } from '../files/write-file-atomic';
import { resolveWeights } from './resolve-weights';

// One pair of files per model, so that two programs can add models at the same time:
//
//   ID.safetensors   the weights
//   ID.json          { network, license, size, sha256 }; written last, removed first

/** Names of files on every platform. */
const ID = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/**
 * Where models the user added are kept: `LATENT_MATTE_MODELS`, else `models` in the data folder of the platform
 * (`$XDG_DATA_HOME/latent-matte` or `~/.local/share/latent-matte`; macOS `~/Library/Application
 * Support/latent-matte`; Windows `%LOCALAPPDATA%\\latent-matte`).
 */
export function modelsDirectory(): string {
  const { LATENT_MATTE_MODELS, XDG_DATA_HOME, LOCALAPPDATA } = process.env;
  if (LATENT_MATTE_MODELS) return resolve(LATENT_MATTE_MODELS);
  const home = homedir();
  if (process.platform === 'darwin') {
    return join(home, 'Library', 'Application Support', 'latent-matte', 'models');
  }
  if (process.platform === 'win32') {
    return join(LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'latent-matte', 'models');
  }
  const base =
    XDG_DATA_HOME !== undefined && isAbsolute(XDG_DATA_HOME)
      ? XDG_DATA_HOME
      : join(home, '.local', 'share');
  return join(base, 'latent-matte', 'models');
}

const weightsPath = (id: string): string => join(modelsDirectory(), `${id}.safetensors`);
const entryPath = (id: string): string => join(modelsDirectory(), `${id}.json`);

/** The models the user added, by id. @throws WeightsError when the description of one is damaged */
export async function listInstalledModels(): Promise<InstalledModel[]> {
  const names = await readdir(modelsDirectory()).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw new WeightsError(
      `The folder ${modelsDirectory()} cannot be read.`,
      'Check its permissions, or set LATENT_MATTE_MODELS.',
      { cause },
    );
  });
  const ids = names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -5));
  return await Promise.all(
    ids
      .filter((id) => ID.test(id))
      .sort()
      .map(readEntry),
  );
}

async function readEntry(id: string): Promise<InstalledModel> {
  const damaged = (cause?: unknown) =>
    new WeightsError(
      `${entryPath(id)} is damaged.`,
      `Run \`latent-matte models remove ${id}\` and add the model again.`,
      { cause },
    );
  let entry: Partial<InstalledModel> | null;
  try {
    entry = JSON.parse(await readFile(entryPath(id), 'utf8'));
  } catch (cause) {
    throw damaged(cause);
  }
  const { network, license, size, sha256 } = entry ?? {};
  const kind = networks.find((candidate) => candidate.id === network)?.kind;
  const sound =
    kind !== undefined &&
    typeof license === 'string' &&
    Number.isSafeInteger(size) &&
    /^[0-9a-f]{64}$/.test(String(sha256));
  if (!sound) throw damaged();
  return {
    id,
    network: network!,
    kind,
    license,
    size: size!,
    sha256: sha256!,
    url: pathToFileURL(weightsPath(id)).href,
  };
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
  { replace = false }: { replace?: boolean } = {},
): Promise<InstalledModel> {
  if (!ID.test(id)) {
    throw new InvalidOptionError(
      `"${id}" cannot be the id of a model.`,
      'Use up to 64 lower-case letters, digits, dots, dashes and underscores, a letter or digit first.',
    );
  }
  const kind = networks.find((candidate) => candidate.id === network)?.kind;
  if (kind === undefined) {
    throw new InvalidOptionError(
      `There is no network "${network}".`,
      `Use one of: ${networks.map((known) => known.id).join(', ')}.`,
    );
  }
  const existing = (await listInstalledModels()).some((model) => model.id === id);
  if (existing && !replace) {
    throw new InvalidOptionError(
      `There is a model "${id}" already.`,
      'Choose another id, or replace it with --force.',
    );
  }
  await makeFolder(modelsDirectory());
  const sha256 = createHash('sha256').update(content).digest('hex');
  // While the weights are being replaced, there is no description that would not fit them.
  await rm(entryPath(id), { force: true }).catch((cause: unknown) => {
    throw outputErrorFrom(entryPath(id), cause);
  });
  await writeFileAtomic(weightsPath(id), content);
  const entry = { network, license, size: content.length, sha256 };
  await writeFileAtomic(entryPath(id), `${JSON.stringify(entry, null, 2)}\n`);
  return { id, kind, url: pathToFileURL(weightsPath(id)).href, ...entry };
}

/** Removes a model and its weights. @throws UnknownModelError there is none of that id */
export async function removeInstalledModel(id: string): Promise<void> {
  const names: string[] = await readdir(modelsDirectory()).catch(() => []);
  if (
    !ID.test(id) ||
    !names.some((name) => name === `${id}.json` || name === `${id}.safetensors`)
  ) {
    throw new UnknownModelError(
      `There is no installed model "${id}".`,
      'See `latent-matte models list`.',
    );
  }
  for (const path of [entryPath(id), weightsPath(id)]) {
    await rm(path, { force: true }).catch((cause: unknown) => {
      throw outputErrorFrom(path, cause);
    });
  }
}

/** Reads the weights of a model and compares size and SHA-256. @throws WeightsError they differ */
export async function verifyInstalledModel(model: InstalledModel): Promise<void> {
  await resolveWeights({ url: model.url, size: model.size, sha256: model.sha256 });
}

/** Makes every installed model available by its id. */
export async function registerInstalledModels(): Promise<void> {
  for (const model of await listInstalledModels()) registerInstalledModel(model);
}

setModelCatalog(listInstalledModels);
