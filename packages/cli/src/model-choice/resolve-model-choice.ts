import { resolve } from 'node:path';
import {
  catalogueEntry,
  comesWithout,
  formatOf,
  InvalidOptionError,
  type ModelFileRole,
  mattingModels,
  readModelFile,
  registerInstalledModels,
  trimapModels,
} from '@latent-matte/backend-node';
import type { Terminal } from '../terminal';
import { registerChosenFile } from './chosen-files';
import { describeModelFile } from './describe-model-file';
import type { ModelChoiceFlags } from './model-choice-options';

/**
 * The name of a model that was chosen by its name, an older name, or the path of its file, which is registered.
 *
 * @param describe path of a description, where it is a file
 * @throws InvalidOptionError a file that cannot be described
 * @throws WeightsError a model of the catalogue that is not installed, with the command that does it
 */
export async function resolveModelChoice(
  choice: string,
  role: ModelFileRole,
  terminal: Terminal,
  describe?: string,
): Promise<string> {
  if (isModelFile(choice)) {
    const contents = await readModelFile(choice);
    const facts = await describeModelFile(choice, contents, describe, role, terminal);
    await registerChosenFile({ name: choice, path: resolve(choice), facts });
    return choice;
  }
  const registry = role === 'matting' ? mattingModels : trimapModels;
  if (registry.has(choice)) return registry.idOf(choice);
  const known = catalogueEntry(choice, role);
  if (known !== undefined && known.kind === role) throw comesWithout(known);
  // The command says which names there are.
  return choice;
}

export const isModelFile = (choice: string): boolean => formatOf(choice) !== undefined;

/** @throws InvalidOptionError a file where a network is wanted that can be trained */
export function refuseModelFile(choice: string): void {
  if (!isModelFile(choice)) return;
  throw new InvalidOptionError(
    `${choice} cannot be fine-tuned: the weights of a model file are fixed.`,
    'Give the network by name and its checkpoint with --weights.',
  );
}

interface Choices extends ModelChoiceFlags {
  readonly trimap?: string;
  readonly trimapModel?: string;
}

/**
 * Resolves the models in the flags of a command: afterwards `reference`, `trimap` and `trimapModel` are names that are
 * registered.
 *
 * @throws LatentMatteError as {@link resolveModelChoice}; a description without a file
 */
export async function resolveModelChoices<Flags extends Choices>(
  flags: Flags,
  terminal: Terminal,
): Promise<Flags> {
  await registerInstalledModels();
  const descriptions = [...(flags.describe ?? [])];
  const one = async (choice: string, role: ModelFileRole) => {
    const describe = isModelFile(choice) ? descriptions.shift() : undefined;
    return await resolveModelChoice(choice, role, terminal, describe);
  };
  const given = [flags.model ?? [], flags.reference ?? []].flat();
  const names: string[] = [];
  for (const choice of given) names.push(await one(choice, 'matting'));
  const reference = Array.isArray(flags.reference) ? names : names[0];
  if (!Array.isArray(flags.reference) && names.length > 1) {
    throw new InvalidOptionError(
      '--model and --reference are the same.',
      'Give --model alone: --reference is its older name.',
    );
  }
  // `evaluate --trimap` is not a model.
  const trimap = ['predicted', 'given'].includes(flags.trimap ?? 'given')
    ? undefined
    : flags.trimap;
  const resolved = {
    ...flags,
    ...(reference !== undefined && { reference }),
    ...(trimap !== undefined && { trimap: await one(trimap, 'trimap') }),
    ...(flags.trimapModel !== undefined && { trimapModel: await one(flags.trimapModel, 'trimap') }),
  };
  if (descriptions.length === 0) return resolved;
  throw new InvalidOptionError(
    `The description ${descriptions[0]} belongs to no model file.`,
    'Give one --describe for each model that is a file, in their order.',
  );
}
