import { type Command, Option } from 'commander';
import { collect } from '../enhance-flags';

/** What commands that take matting models are given. */
export interface ModelChoiceFlags {
  /** As {@link reference}, under the name that people look for. */
  readonly model?: string | readonly string[];
  readonly reference?: string | readonly string[];
  /** Descriptions of those that are files, in their order. */
  readonly describe?: readonly string[];
}

/** Adds `--model`, its older name `--reference`, and `--describe`. */
export function addModelChoiceOptions(command: Command, { many }: { many: boolean }): Command {
  const model = new Option(
    '-m, --model <name|file>',
    `matting model${many ? ', repeatable' : ''}: a name of "latent-matte models list", an .onnx or .tflite file, or the model.json of a graph model (default: compact-matting)`,
  );
  const reference = new Option('-r, --reference <name>', 'older name of --model').hideHelp();
  for (const option of [model, reference]) {
    if (many) option.argParser(collect).default([]);
    command.addOption(option);
  }
  return addDescribeOption(command);
}

export const addDescribeOption = (command: Command): Command =>
  command.option(
    '--describe <json>',
    'how a model file is run (docs/bring-your-own-model.md); repeatable, one for each file; guessed and printed where it is missing',
    collect,
    [],
  );
