import {
  catalogue,
  catalogueEntry,
  type FileEntry,
  listInstalledModels,
  modelsDirectory,
  networks,
} from '@latent-matte/backend-node/models';
import { reportError } from '../terminal/report-error';
import type { Terminal } from '../terminal/terminal';

/** Runs `latent-matte models list`: what the catalogue knows, and what the user added; what is damaged is named. */
export async function listModelsCommand(
  { json }: { json?: true },
  terminal: Terminal,
): Promise<void> {
  const installed = await listInstalledModels((error) => reportError(error, terminal, false));
  const folder = modelsDirectory();
  const embedded = catalogue.filter(({ weights }) => weights === 'embedded' || weights === 'none');
  const known = catalogue.filter((entry): entry is FileEntry => entry.weights === 'file');
  const taking = networks.map(({ id, kind, license }) => ({ id, kind, license }));
  if (json) {
    const document = {
      folder,
      embedded: embedded.map((entry) => ({ ...facts(entry), capabilities: entry.capabilities })),
      installed,
      known: known.map(({ roles, constants, ...entry }) => entry),
      networks: taking.map((entry) => ({ ...entry, files: filesOf(entry.id) })),
    };
    terminal.out(JSON.stringify(document, null, 2));
    return;
  }
  const line = (entry: { id: string; kind: string; license: string }) =>
    `  ${entry.id.padEnd(27)} ${entry.kind.padEnd(13)} ${entry.license}`.trimEnd();
  const none = '  none; add one with: latent-matte models add NAME, or FILE --id NAME';
  const size = ({ files }: FileEntry) => files.reduce((sum, file) => sum + file.size, 0);
  terminal.out(
    [
      'Embedded',
      ...embedded.map(line),
      '',
      `Installed in ${folder}`,
      ...(installed.length === 0 ? [none] : installed.map(line)),
      '',
      'Known: latent-matte models add NAME',
      ...known.map((entry) => `${line(entry)}, ${(size(entry) / 1e6).toFixed(1)} MB`),
      '',
      'Networks that take weights (--network)',
      ...taking.map(line),
    ].join('\n'),
  );
}

const facts = ({ id, kind, license }: { id: string; kind: string; license: string }) => ({
  id,
  kind,
  license,
});

function filesOf(id: string) {
  const entry = catalogueEntry(id);
  return entry?.weights === 'checkpoint' ? entry.files : [];
}
