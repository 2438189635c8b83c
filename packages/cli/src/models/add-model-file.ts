import { basename } from 'node:path';
import { useNodeBackend } from '@latent-matte/backend-node';
import {
  addModelFiles,
  graphModels,
  type InstalledModel,
  loadModelFile,
  modelsDirectory,
  readModelFile,
  rolesOf,
} from '@latent-matte/backend-node/models';
import { describeModelFile } from '../model-choice/describe-model-file';
import type { Terminal } from '../terminal/terminal';

export interface AddModelFileOptions {
  readonly license?: string;
  readonly force?: true;
  readonly describe?: readonly string[];
}

/**
 * Runs `latent-matte models add FILE.onnx --id NAME`: the model is made once before it is kept.
 *
 * @throws LatentMatteError an unreadable file, a wrong description, an id in use
 */
export async function addModelFile(
  path: string,
  id: string,
  options: AddModelFileOptions,
  terminal: Terminal,
): Promise<InstalledModel> {
  const read = await readModelFile(path);
  const described = await describeModelFile(path, read, options.describe?.[0], undefined, terminal);
  const { format, roles, constants } = described;
  const license = options.license ?? described.license;
  const facts = { format, roles, ...(constants && { constants }) };
  await useNodeBackend({ device: 'cpu' });
  const file = { ...facts, name: id, license, contents: read.contents };
  const model = await loadModelFile(file, undefined, graphModels);
  model.dispose?.();
  const added = await addModelFiles(
    { id, network: basename(path), license },
    read.contents,
    facts,
    {
      replace: options.force === true,
    },
  );
  terminal.out(
    [
      `${path} → ${id} (${rolesOf(facts).join(', ')}; ${license})`,
      ...added.files.map(({ name, sha256 }) => `  ${name.padEnd(24)} SHA-256 ${sha256}`),
      `  kept in ${modelsDirectory()}; use it with --model ${id}`,
    ].join('\n'),
  );
  return added;
}
