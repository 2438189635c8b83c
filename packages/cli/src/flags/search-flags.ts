import {
  enhanceOptions,
  type OptionsOf,
  PRESETS,
  type PresetName,
  searchOptions,
} from '@latent-matte/core/options';
import { type Command, Option } from 'commander';
import { addAdvancedFlag } from './advanced-help';
import type { BackgroundFlags } from './backgrounds';
import { addRenamedFlag } from './renamed-flag';
import type { FlagWords } from './table-flag';
import { addTableFlags, type TableWords } from './table-flags';

/** The options of the search that text can give; pictures come as {@link BackgroundFlags}. */
export interface SearchFlags
  extends Readonly<Omit<OptionsOf<typeof searchOptions>, 'backgrounds' | 'signal'>> {
  readonly preset?: PresetName;
}

/** Options that a command of the search shows first. */
const FIRST = ['model', 'steps', 'workingSize', 'seed'];

/** Words for flags that every command with a search shares. */
export const searchWords: Readonly<Record<string, FlagWords>> = {
  model: { short: 'm' },
  weights: { long: 'weight', doc: 'weight of a loss, 0 = off' },
  seed: { unit: 'number' },
};

/** Adds the options of {@link SearchFlags}. @param words for options that the command takes in its own way */
export function addSearchFlags(command: Command, words: TableWords['words'] = {}): Command {
  command.addOption(
    new Option(
      '--preset <name>',
      'a named set of defaults: paper is the paper to the digit, official what its authors ran, 500 steps each (default: fast)',
    ).choices(PRESETS),
  );
  addTableFlags(command, searchOptions, { first: FIRST, words: { ...searchWords, ...words } });
  return addAdvancedFlag(command);
}

/** The paper's word for the model, for one more version. */
export const addReferenceFlag = (command: Command): Command =>
  addRenamedFlag(command, '-r, --reference <name>', '--model');

/** Models that share in the target of a search; `evaluate` has other judges, so that the flag has a word of its own. */
export const consulted = { judges: enhanceOptions.judges } as const;

/** Adds `--consult`. */
export const addConsultFlag = (command: Command): Command =>
  addTableFlags(command, consulted, { words: { judges: { long: 'consult', repeatable: true } } });

/** What `enhance` and `evaluate` pass to `enhancePortrait`. */
export interface EnhanceFlags extends SearchFlags, BackgroundFlags {
  /** Names, of `--consult`. */
  readonly judges?: readonly string[];
}
