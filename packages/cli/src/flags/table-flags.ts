import type { OptionsOf, OptionTable } from '@latent-matte/core/options';
import type { Command } from 'commander';
import { RESEARCH } from './advanced-help';
import { type FlagWords, flagsOf, hasText } from './table-flag';

/** How a command takes the options of a table. */
export interface TableWords {
  /** Options in the first part of the help, in this order; all others are for research. */
  readonly first?: readonly string[];
  /** Words for some flags; `false`: the command takes that option in another way, or not. */
  readonly words?: Readonly<Record<string, FlagWords | false>>;
}

/** Adds a flag for every option of a table that text can give. */
export function addTableFlags(
  command: Command,
  table: OptionTable,
  { first = [], words = {} }: TableWords = {},
): Command {
  const names = Object.keys(table);
  const rest = names.filter((name) => !first.includes(name));
  for (const name of [...first.filter((known) => names.includes(known)), ...rest]) {
    const declaration = table[name]!;
    const own = words[name];
    if (own === false || (!hasText(declaration) && own === undefined)) continue;
    for (const flag of flagsOf(name, declaration, own)) {
      command.addOption(first.includes(name) ? flag : flag.helpGroup(RESEARCH));
    }
  }
  return command;
}

/**
 * Of what a command was given, the options of a table. Those that were not given stay absent.
 *
 * @param parsed options that no text describes by itself, which the command has parsed
 */
export function givenOptions<Table extends OptionTable>(
  table: Table,
  flags: object,
  parsed: readonly (keyof Table & string)[] = [],
): OptionsOf<Table> {
  const given = Object.entries(flags).filter(([name, value]) => {
    const declaration = Object.hasOwn(table, name) ? table[name] : undefined;
    return (
      value !== undefined &&
      declaration !== undefined &&
      (hasText(declaration) || parsed.includes(name))
    );
  });
  return Object.fromEntries(given) as OptionsOf<Table>;
}
