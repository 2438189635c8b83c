import {
  addInstalledModel,
  type InstalledModel,
  InvalidOptionError,
  listInstalledModels,
  models,
  modelsDirectory,
  networks,
  openCheckpoint,
  publishedNetworks,
  removeInstalledModel,
  serializeSafetensors,
  UnknownModelError,
  useNodeBackend,
  verifyInstalledModel,
  WeightsError,
} from '@latent-matte/backend-node';
import type { Converted } from '../convert/convert-checkpoint';
import { convertWithProgress, describeConverted } from '../convert/run';
import { reportError } from '../terminal/report-error';
import type { Terminal } from '../terminal/terminal';
import type { AddModelOptions } from './grammar';

/** Runs `latent-matte models list`. */
export async function listModelsCommand(
  { json }: { json?: true },
  terminal: Terminal,
): Promise<void> {
  const installed = await listInstalledModels();
  const folder = modelsDirectory();
  const taking = networks.map(({ id, kind }) => ({
    id,
    kind,
    license: publishedNetworks.find((network) => network.id === id)?.license ?? '',
  }));
  if (json) {
    const embedded = models.map(({ id, kind, license }) => ({ id, kind, license }));
    terminal.out(JSON.stringify({ folder, embedded, installed, networks: taking }, null, 2));
    return;
  }
  const line = (entry: { id: string; kind: string; license: string }) =>
    `  ${entry.id.padEnd(24)} ${entry.kind.padEnd(13)} ${entry.license}`.trimEnd();
  const none = '  none; add one with: latent-matte models add FILE --id NAME';
  terminal.out(
    [
      'Embedded',
      ...models.map(line),
      '',
      `Installed in ${folder}`,
      ...(installed.length === 0 ? [none] : installed.map(line)),
      '',
      'Networks that take weights (--network)',
      ...taking.map(line),
    ].join('\n'),
  );
}

/**
 * Runs `latent-matte models add`: the network is made from the weights once before they are kept.
 *
 * @throws InvalidOptionError no network given and none recognised
 * @throws WeightsError the weights do not fit the network
 */
export async function addModelCommand(
  files: readonly string[],
  options: AddModelOptions,
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
  const content = await joinFiles(converted);
  await useNodeBackend({ device: 'cpu' });
  const license = options.license ?? 'unknown';
  network.create(await openCheckpoint(content), license).dispose();
  const model = await addInstalledModel(
    { id: options.id, network: network.id, license },
    content,
    options.force ? { replace: true } : {},
  );
  terminal.out(
    [
      `${files.join(', ')} → ${model.id} (${model.kind}, ${model.network})`,
      ...converted.flatMap(describeConverted),
      `  sha256     ${model.sha256}`,
      `  kept in    ${modelsDirectory()}`,
    ].join('\n'),
  );
}

/** One safetensors file of several. */
async function joinFiles(files: readonly Converted[]): Promise<Uint8Array> {
  if (files.length === 1) return files[0]!.bytes;
  const archives = await Promise.all(files.map(({ bytes }) => openCheckpoint(bytes)));
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
  const installed = await listInstalledModels();
  const absent = ids.find((id) => !installed.some((model) => model.id === id));
  if (absent !== undefined) {
    throw new UnknownModelError(
      `There is no installed model "${absent}".`,
      'See `latent-matte models list`.',
    );
  }
  let failures = 0;
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
