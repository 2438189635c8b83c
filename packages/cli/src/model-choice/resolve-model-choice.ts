import { resolve } from 'node:path';
import { InvalidOptionError, mattingModels, trimapModels } from '@latent-matte/backend-node/core';
import {
  catalogueEntry,
  comesWithout,
  formatOf,
  type ModelFileRole,
  readModelFile,
  registerInstalledModels,
} from '@latent-matte/backend-node/models';
import type { Terminal } from '../terminal/terminal';
import { registerChosenFile } from './chosen-files';
import { describeModelFile } from './describe-model-file';
import type { ModelChoiceFlags } from './model-choice-options';

/**
 * The name of a model that was chosen by its name, an older name, or the path of its file, which is registered.
 *
 * @param describe path of a description, where it is a file
 * @throws InvalidOptionError a file that cannot be described, or of weights alone
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
  if (WEIGHTS_FILE.test(choice)) throw noModelFile(choice);
  // The command says which names there are.
  return choice;
}

/** Files that people have models in, and that hold no network which runs here. */
const WEIGHTS_FILE = /\.(?:pt|pth|ckpt|bin|tar|pkl|safetensors|npz|h5|keras|pb|mlmodel|engine)$/i;

const noModelFile = (choice: string): InvalidOptionError =>
  new InvalidOptionError(
    `${choice} is no model file that runs here: those are .onnx, .tflite and model.json of tfjs.`,
    'Export the network as ONNX (torch.onnx.export, also of TorchScript; tf2onnx), see docs/bring-your-own-model.md. The ' +
      'checkpoint of a network that is known is kept by "latent-matte models add FILE --id NAME".',
  );

export const isModelFile = (choice: string): boolean => formatOf(choice) !== undefined;

/** @throws InvalidOptionError a file where a network is wanted that can be trained */
export function refuseModelFile(choice: string): void {
  if (!isModelFile(choice)) return;
  throw new InvalidOptionError(
    `${choice} cannot be fine-tuned: the weights of a model file are fixed.`,
    'Give the network by name and its checkpoint with --weights.',
  );
}

/**
 * Resolves the models in the flags of a command: afterwards they are names that are registered.
 *
 * @throws LatentMatteError as {@link resolveModelChoice}; a description without a file
 */
export async function resolveModelChoices<Flags extends object>(
  flags: Flags,
  terminal: Terminal,
): Promise<Flags> {
  await registerInstalledModels();
  // Flags hold names, whatever else the options of the tables may be.
  const {
    describe: given = [],
    model,
    models,
    judge,
    judges,
    trimap,
    prior,
  } = flags as ModelChoiceFlags;
  const descriptions = [...given];
  const one = async (choice: string, role: ModelFileRole): Promise<string> => {
    const describe = isModelFile(choice) ? descriptions.shift() : undefined;
    return await resolveModelChoice(choice, role, terminal, describe);
  };
  const all = async (choices: readonly string[]): Promise<string[]> => {
    const names: string[] = [];
    for (const choice of choices) names.push(await one(choice, 'matting'));
    return names;
  };
  const resolved = {
    ...flags,
    ...(model !== undefined && {
      model: typeof model === 'string' ? await one(model, 'matting') : await all(model),
    }),
    ...(models !== undefined && { models: await all(models) }),
    ...(judge !== undefined && { judge: await all(judge) }),
    ...(judges !== undefined && { judges: await all(judges) }),
    ...(trimap !== undefined && { trimap: await one(trimap, 'trimap') }),
    ...(prior !== undefined && { prior: await one(prior, 'matting') }),
  };
  if (descriptions.length === 0) return resolved;
  throw new InvalidOptionError(
    `The description ${descriptions[0]} belongs to no model file.`,
    'Give one --describe for each model that is a file, in their order.',
  );
}
