import { type Command, Option } from 'commander';

/** Takes the place of another flag without standing in the help. */
class RenamedFlag extends Option {
  readonly #current: Option;

  constructor(flags: string, current: Option) {
    super(flags);
    this.#current = current;
    this.parseArg = current.parseArg;
    this.hideHelp();
  }

  override attributeName(): string {
    return this.#current.attributeName();
  }
}

/**
 * Lets the old name of a flag work for one more version; it says what the flag is called now.
 *
 * @param flags the old name as commander writes it: `-r, --reference <name>`
 * @param long the flag of today: `--model`
 */
export function addRenamedFlag(command: Command, flags: string, long: string): Command {
  const current = command.options.find((option) => option.long === long);
  if (current === undefined) throw new Error(`${command.name()} has no ${long}.`);
  const renamed = new RenamedFlag(flags, current);
  command.addOption(renamed);
  return command.on(`option:${renamed.name()}`, () => {
    command.configureOutput().writeErr?.(`note: ${renamed.long} is called ${long} now.`);
  });
}
