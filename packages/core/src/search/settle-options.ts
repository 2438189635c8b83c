import { checkOption } from './check-options';
import type {
  Declaration,
  OptionsOf,
  OptionTable,
  PresetName,
  RunFacts,
  SettingsOf,
} from './option-table';

/**
 * What decides the value of an option that was not given: its preset, or its own default.
 *
 * ```ts
 * import { defaultOf, searchOptions } from '@latent-matte/core/options';
 *
 * console.log(defaultOf(searchOptions.steps, 'fast'));
 * ```
 */
export const defaultOf = (
  declaration: Pick<Declaration<unknown>, 'default' | 'presets'>,
  preset: PresetName,
): unknown =>
  declaration.presets === undefined ? declaration.default : declaration.presets[preset];

/**
 * Every recorded option after defaults, checked. Weights that were not given are those of the default.
 *
 * @param path how the caller wrote the name of an option
 * @throws InvalidOptionError
 */
export function settle<Table extends OptionTable>(
  table: Table,
  given: OptionsOf<Table>,
  preset: PresetName,
  path: (name: string) => string = (name) => name,
): SettingsOf<Table> {
  const settings: Record<string, unknown> = {};
  for (const [name, declaration] of Object.entries(table)) {
    const asked = (given as Record<string, unknown>)[name];
    if (asked !== undefined) checkOption(path(name), declaration, asked);
    if (!declaration.recorded) continue;
    const fallback = defaultOf(declaration, preset);
    settings[name] =
      declaration.kind.is === 'terms'
        ? { ...(fallback as object), ...withoutUndefined((asked ?? {}) as object) }
        : (asked ?? fallback);
  }
  return settings as SettingsOf<Table>;
}

const withoutUndefined = (given: object): object =>
  Object.fromEntries(Object.entries(given).filter(([, entry]) => entry !== undefined));

/**
 * One sentence for each option that was given and that nothing reads in this run.
 *
 * @param path how the caller wrote the name of an option
 */
export function unreadOptions(
  table: OptionTable,
  given: object,
  run: Omit<RunFacts, 'isGiven'>,
  path: (name: string) => string = (name) => name,
): string[] {
  const isGiven = (name: string) => (given as Record<string, unknown>)[name] !== undefined;
  const facts = { ...run, isGiven };
  return Object.entries(table).flatMap(([name, { reads }]) =>
    reads === undefined || !isGiven(name) || reads.when(facts)
      ? []
      : [`${path(name)} was given, but nothing reads it: ${reads.unless}.`],
  );
}
