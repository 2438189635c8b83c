import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { WeightsError } from '@latent-matte/core';
import { sha256Of } from '@latent-matte/files/sha256-of';
import {
  type InstalledModel,
  type ModelFileFacts,
  networks,
  readFacts,
  rolesOf,
} from '@latent-matte/models';
import {
  checkpointName,
  entryPath,
  filesPath,
  idOfVersion,
  modelsDirectory,
  versionPath,
} from './models-directory';

/** A file as it is written down: the folder and the id say where it is. */
export interface ListedFile {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

/** What ID.json holds. */
export interface InstalledEntry {
  readonly network: string;
  readonly license: string;
  /** Where the files are, if not where those of a first model of that id are. */
  readonly version?: string;
  /** Of the checkpoint. */
  readonly size?: number;
  readonly sha256?: string;
  /** The files of another program, and how they are run. */
  readonly files?: readonly ListedFile[];
  readonly runs?: ModelFileFacts;
}

/** @throws WeightsError a damaged description */
export async function readEntry(id: string): Promise<InstalledModel> {
  let entry: InstalledEntry | null;
  try {
    entry = JSON.parse(await readFile(entryPath(id), 'utf8'));
    const model = entry === null ? undefined : installedModel(id, entry);
    if (model !== undefined) return model;
  } catch (cause) {
    throw damaged(id, cause);
  }
  throw damaged(id);
}

const damaged = (id: string, cause?: unknown) =>
  new WeightsError(
    `${entryPath(id)} is damaged.`,
    `Run \`latent-matte models remove ${id}\` and add the model again.`,
    { cause },
  );

/** The model of an entry; `undefined` when something in it is missing or wrong. */
export function installedModel(id: string, entry: InstalledEntry): InstalledModel | undefined {
  const { network, license, version, size, sha256, files, runs } = entry;
  if (typeof network !== 'string' || typeof license !== 'string') return undefined;
  if (version !== undefined && idOfVersion(version) !== id) return undefined;
  const pathOf = (name: string, folder: string) =>
    pathToFileURL(join(version === undefined ? folder : versionPath(version), name)).href;
  if (files === undefined || runs === undefined) {
    const kind = networks.find((candidate) => candidate.id === network)?.kind;
    const file = { name: checkpointName(id), size, sha256 };
    if (kind === undefined || !isListed(file)) return undefined;
    const url = pathOf(file.name, modelsDirectory());
    return { id, network, kind, license, files: [{ ...file, url }], sha256: file.sha256 };
  }
  if (!Array.isArray(files) || files.length === 0 || !files.every(isListed)) return undefined;
  const facts = readFacts(runs, entryPath(id));
  const url = (name: string) => pathOf(name, filesPath(id));
  return {
    id,
    network,
    kind: rolesOf(facts)[0]!,
    license,
    files: files.map((file) => ({ ...file, url: url(file.name) })),
    sha256: hashOfAll(files, facts),
    runs: facts,
  };
}

/** What decides the answers of a described file: its content, and how it is run. */
export function hashOfAll(files: readonly ListedFile[], facts: ModelFileFacts): string {
  const hashes = files.map(({ sha256 }) => sha256);
  return sha256Of(JSON.stringify({ hashes, facts }));
}

/** A plain name beside others or in folders below, never a way out of the folder. */
export const isFileName = (name: string): boolean =>
  name.length <= 200 && name.split('/').every((part) => /^[\w-][\w.-]*$/.test(part));

function isListed(file: { [Key in keyof ListedFile]?: ListedFile[Key] }): file is ListedFile {
  const { name, size, sha256 } = file ?? {};
  return (
    typeof name === 'string' &&
    isFileName(name) &&
    Number.isSafeInteger(size) &&
    /^[0-9a-f]{64}$/.test(String(sha256))
  );
}
