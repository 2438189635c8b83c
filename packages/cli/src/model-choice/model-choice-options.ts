import { type Command, Option } from 'commander';
import { OWN_MODELS } from '../flags/advanced-help';
import { collect } from '../flags/parse';

/** The models in the flags of a command: names, or paths of model files. */
export interface ModelChoiceFlags {
  readonly model?: string | readonly string[];
  /** Of `generate`. */
  readonly models?: readonly string[];
  /** Of `evaluate`. */
  readonly judge?: readonly string[];
  /** Of `--consult`. */
  readonly judges?: readonly string[];
  readonly trimap?: string;
  /** Of `cut-out`. */
  readonly prior?: string;
  /** Descriptions of those that are files, in their order. */
  readonly describe?: readonly string[];
}

/** Adds `--describe`, for commands that take model files. */
export const addDescribeOption = (command: Command): Command =>
  command.addOption(
    new Option(
      '--describe <json>',
      'how a model file is run (docs/bring-your-own-model.md); repeatable, one for each file; guessed and printed where it is missing',
    )
      .argParser(collect)
      .default([], 'none')
      .helpGroup(OWN_MODELS),
  );
