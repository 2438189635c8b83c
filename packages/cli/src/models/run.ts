import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { useNodeBackend } from '@latent-matte/backend-node';
import { openCheckpoint, serializeSafetensors } from '@latent-matte/backend-node/checkpoints';
import {
  InvalidOptionError,
  UnknownModelError,
  WeightsError,
} from '@latent-matte/backend-node/core';
import {
  addInstalledModel,
  type CheckpointEntry,
  catalogueEntry,
  comesWithout,
  formatOf,
  type InstalledModel,
  listInstalledModels,
  modelsDirectory,
  type Network,
  networkPrefix,
  networks,
  removeInstalledModel,
  tryNetwork,
  verifyInstalledModel,
  type WeightResolver,
} from '@latent-matte/backend-node/models';
import type { Converted } from '../convert/convert-checkpoint';
import { convertWithProgress, describeConverted } from '../convert/run';
import { reportError } from '../terminal/report-error';
import type { Terminal } from '../terminal/terminal';
import { addKnownModel, knownModel } from './add-known-model';
import { addModelFile } from './add-model-file';
import type { AddModelCommandOptions } from './grammar';

/**
 * Runs `latent-matte models add`.
 *
 * @param resolve for tests: takes the place of the download
 * @throws LatentMatteError a licence that was not accepted, files that cannot be read, weights that do not fit
 */
export async function addModelCommand(
  given: readonly string[],
  options: AddModelCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
  resolve?: WeightResolver,
): Promise<void> {
  const [name] = given as [string];
  const known = given.length === 1 ? knownModel(name) : undefined;
  if (known !== undefined) {
    await addKnownModel(known, options, terminal, signal, resolve);
    return;
  }
  const entry = given.length === 1 ? catalogueEntry(name) : undefined;
  const { from, ...rest } = options;
  if (entry !== undefined) {
    if (entry.weights !== 'checkpoint' || from === undefined) throw comesWithout(entry);
    const as = { id: name, network: name, license: entry.license };
    await addCheckpoint(await filesOf(entry, from), { ...as, ...rest }, terminal, signal);
    return;
  }
  if (from !== undefined) {
    throw new InvalidOptionError(
      `"${name}" is no known name.`,
      'Leave --from out, or see `latent-matte models list`.',
    );
  }
  if (options.id === undefined) {
    throw new InvalidOptionError('The model needs a name.', 'Give it with --id NAME.');
  }
  if (given.length === 1 && formatOf(name) !== undefined) {
    await addModelFile(name, options.id, options, terminal);
    return;
  }
  await addCheckpoint(given, { ...rest, id: options.id }, terminal, signal);
}

/**
 * Keeps a checkpoint; the network is made from the weights once before.
 *
 * @throws InvalidOptionError no network given and none recognised
 * @throws WeightsError the weights do not fit the network
 */
async function addCheckpoint(
  files: readonly string[],
  options: AddModelCommandOptions & { readonly id: string },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const converted: Converted[] = [];
  for (const file of files) {
    converted.push(await convertWithProgress(file, options, terminal, signal));
  }
  const id = options.network ?? converted[0]!.network;
  const network = networks.find((candidate) => candidate.id === id);
  if (network === undefined) {
    throw new InvalidOptionError(
      id === undefined ? 'The network was not recognised.' : `There is no network "${id}".`,
      `Say which with --network: ${networks.map((known) => known.id).join(', ')}.`,
    );
  }
  // A network that a checkpoint holds among others is found only when it is made.
  const shown = await Promise.all(
    converted.map(async (each) => {
      if (each.prefix !== '') return each;
      const { tensors } = await openCheckpoint(each.bytes);
      return { ...each, prefix: networkPrefix([...tensors.keys()]) };
    }),
  );
  const content = await joinFiles(converted, network);
  await useNodeBackend({ device: 'cpu' });
  const license = options.license ?? 'unknown';
  tryNetwork(network, await openCheckpoint(content), license);
  const model = await addInstalledModel(
    { id: options.id, network: network.id, license },
    content,
    options.force ? { replace: true } : {},
  );
  terminal.out(
    [
      `${files.join(', ')} → ${model.id} (${model.kind}, ${model.network})`,
      ...shown.flatMap(describeConverted),
      `  sha256     ${model.sha256}`,
      `  kept in    ${modelsDirectory()}`,
    ].join('\n'),
  );
}

/** The files of an entry in a folder, or beside one of them; or the one file given, whatever its name. */
async function filesOf({ files }: CheckpointEntry, from: string): Promise<string[]> {
  const isFolder = (await stat(from).catch(() => undefined))?.isDirectory() === true;
  if (isFolder) return files.map(({ name }) => join(from, name));
  const isPart = files.length > 1 && files.some(({ name }) => name === basename(from));
  return isPart ? files.map(({ name }) => join(dirname(from), name)) : [from];
}

/** One safetensors file of several. */
async function joinFiles(
  files: readonly Converted[],
  { join: joinArchives }: Network,
): Promise<Uint8Array> {
  if (files.length === 1) return files[0]!.bytes;
  const archives = await Promise.all(files.map(({ bytes }) => openCheckpoint(bytes)));
  if (joinArchives !== undefined) return serializeSafetensors([...joinArchives(archives).tensors]);
  return serializeSafetensors(archives.flatMap(({ tensors }) => [...tensors]));
}

/** Runs `latent-matte models remove`. */
export async function removeModelCommand(id: string, terminal: Terminal): Promise<void> {
  await removeInstalledModel(id);
  terminal.out(`${id} removed`);
}

/** Runs `latent-matte models verify`. @returns the exit code: 1 when one of them is damaged */
export async function verifyModelsCommand(
  ids: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const damaged: string[] = [];
  const installed = await listInstalledModels((error, id) => {
    damaged.push(id);
    if (ids.length === 0 || ids.includes(id)) reportError(error, terminal, false);
  });
  const known = [...damaged, ...installed.map(({ id }) => id)];
  const absent = ids.find((id) => !known.includes(id));
  if (absent !== undefined) {
    throw new UnknownModelError(
      `There is no installed model "${absent}".`,
      'See `latent-matte models list`.',
    );
  }
  let failures = damaged.filter((id) => ids.length === 0 || ids.includes(id)).length;
  for (const model of installed.filter(({ id }) => ids.length === 0 || ids.includes(id))) {
    if (await isIntact(model, terminal)) terminal.out(`${model.id} ok`);
    else failures++;
  }
  return failures > 0 ? 1 : 0;
}

async function isIntact(model: InstalledModel, terminal: Terminal): Promise<boolean> {
  try {
    await verifyInstalledModel(model);
    return true;
  } catch (error) {
    if (!(error instanceof WeightsError)) throw error;
    reportError(error, terminal, false);
    return false;
  }
}
