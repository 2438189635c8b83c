import { useNodeBackend } from '@latent-matte/backend-node';
import { InvalidOptionError, WeightsError } from '@latent-matte/backend-node/core';
import {
  addModelFiles,
  catalogueEntry,
  type FileEntry,
  fetchCatalogueFiles,
  graphModels,
  type InstalledModel,
  loadModelFile,
  modelsDirectory,
  readCatalogueFiles,
  type WeightResolver,
} from '@latent-matte/backend-node/models';
import type { Terminal } from '../terminal/terminal';

export interface AddKnownModelOptions {
  /** A folder with its files, or one of them: nothing is fetched. */
  readonly from?: string;
  /** The licence is accepted. */
  readonly yes?: true;
  readonly id?: string;
  readonly force?: true;
}

/** The entry of the catalogue that `models add NAME` means. */
export function knownModel(name: string): FileEntry | undefined {
  const entry = catalogueEntry(name);
  return entry?.weights === 'file' ? entry : undefined;
}

/**
 * Runs `latent-matte models add NAME`: states where the network comes from and under which licence, asks, fetches,
 * verifies, makes the model once, and keeps it.
 *
 * @param resolve for tests: takes the place of the download
 * @throws InvalidOptionError the licence was not accepted
 * @throws WeightsError unreachable, or not the files that were checked
 */
export async function addKnownModel(
  entry: FileEntry,
  options: AddKnownModelOptions,
  terminal: Terminal,
  signal: AbortSignal,
  resolve?: WeightResolver,
): Promise<InstalledModel> {
  terminal.note(describe(entry, options.from).join('\n'));
  await assertAccepted(entry, options, terminal);
  const contents =
    options.from === undefined
      ? await fetched(entry, signal, resolve)
      : await readCatalogueFiles(entry, options.from);
  const { license, format, roles, constants } = entry;
  const facts = { format, roles, ...(constants && { constants }) };
  const id = options.id ?? entry.id;
  await useNodeBackend({ device: 'cpu' });
  const model = await loadModelFile(
    { ...facts, name: id, license, contents },
    undefined,
    graphModels,
  );
  model.dispose?.();
  const added = await addModelFiles({ id, network: entry.id, license }, contents, facts, {
    replace: options.force === true,
  });
  terminal.out(
    [
      `${id} (${added.kind}, ${license})`,
      ...added.files.map(({ name, sha256 }) => `  ${name.padEnd(24)} SHA-256 ${sha256}`),
      `  kept in ${modelsDirectory()}; use it with --model ${id}`,
    ].join('\n'),
  );
  return added;
}

function describe(
  { id, description, license, source, revision, files }: FileEntry,
  from: string | undefined,
): string[] {
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  return [
    `${id}: ${description}`,
    `  licence  ${license}`,
    `  from     ${from ?? source}${from === undefined ? ` (${revision})` : ''}`,
    `  files    ${files.map(({ name }) => name).join(', ')}; ${(bytes / 1e6).toFixed(1)} MB`,
  ];
}

async function assertAccepted(
  { id, license }: FileEntry,
  { yes, from }: AddKnownModelOptions,
  terminal: Terminal,
): Promise<void> {
  if (yes) return;
  const accepted = await terminal.ask?.(`Add ${id} under the licence ${license}? [y/N] `);
  if (accepted) return;
  throw new InvalidOptionError(
    accepted === false
      ? `${id} was not added: its licence was not accepted.`
      : `${id} comes under the licence ${license}, and nobody can be asked here.`,
    `Read the licence, then run \`latent-matte models add ${id}${from === undefined ? '' : ` --from ${from}`} --yes\`.`,
  );
}

async function fetched(
  entry: FileEntry,
  signal: AbortSignal,
  resolve: WeightResolver | undefined,
): Promise<Map<string, Uint8Array>> {
  try {
    return await fetchCatalogueFiles(entry, signal, resolve);
  } catch (error) {
    if (!WeightsError.isInstance(error) || entry.files.some(({ url }) => url === undefined)) {
      throw error;
    }
    const [{ name, url }] = entry.files as [FileEntry['files'][number]];
    throw new WeightsError(
      `${entry.id} could not be fetched. ${error.message}`,
      `Offline: get ${entry.files.map((file) => file.url).join(' and ')} elsewhere, then \`latent-matte models add ${entry.id} --from ${url === undefined ? name : `FOLDER/${name}`}\`.`,
      { cause: error },
    );
  }
}
