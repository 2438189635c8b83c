import leven, { closestMatch } from 'leven';
import { InvalidOptionError } from './errors';

/** @throws InvalidOptionError when `given` is no object */
export function assertOptions(given: unknown, where: string): asserts given is object {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return;
  throw new InvalidOptionError(
    `${where} is ${said(given)}.`,
    'Give an object of options, or leave it out.',
  );
}

/** Of a text that was given; a whole file may be one. */
const MOST_SAID = 60;

/** What was given, for messages: `"x"`, `a function`, `an array`, `undefined`. */
export function said(given: unknown): string {
  if (typeof given === 'string')
    return given.length > MOST_SAID ? `"${given.slice(0, MOST_SAID)}…"` : `"${given}"`;
  if (typeof given === 'function') return 'a function';
  if (typeof given === 'object' && given !== null)
    return Array.isArray(given) ? 'an array' : 'an object';
  return String(given);
}

/**
 * @param where what the keys belong to, for the message: "enhancePortrait", "options.advanced"
 * @param elsewhere keys that are known in another place, with the place
 * @throws InvalidOptionError naming the nearest known key
 */
export function assertKnownKeys(
  given: object,
  known: readonly string[],
  where: string,
  elsewhere: Readonly<Record<string, string>> = {},
): void {
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue;
    if (Object.hasOwn(elsewhere, key)) {
      throw new InvalidOptionError(`${where} takes no "${key}".`, `Give it as ${elsewhere[key]}.`);
    }
    const near = nearest(key, [...known, ...Object.keys(elsewhere)]);
    throw new InvalidOptionError(
      `${where} has no option "${key}".`,
      near === undefined
        ? `Options: ${known.join(', ')}.`
        : `Did you mean ${elsewhere[near] ?? `"${near}"`}?`,
    );
  }
}

/**
 * The known word that a mistyped one most likely meant, if any.
 *
 * ```ts
 * import { nearest } from '@latent-matte/core/options';
 *
 * console.log(nearest('stepz', ['steps', 'seed'])); // steps
 * ```
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  const found = closestMatch(
    lower,
    known.map((name) => name.toLowerCase()),
  );
  if (found === undefined || leven(lower, found) > Math.max(2, word.length / 3)) return undefined;
  return known.find((name) => name.toLowerCase() === found);
}

/** `Did you mean "x"? `, or nothing where no known word is near. @param word what a caller gave */
export function didYouMean(word: unknown, known: readonly string[]): string {
  const near = typeof word === 'string' ? nearest(word, known) : undefined;
  return near === undefined ? '' : `Did you mean "${near}"? `;
}

/** The names of the options of a call that is in no table: TypeScript asks for every one. */
export type NamesOf<Options> = { readonly [Name in keyof Required<Options>]: true };

/** Something about every option, by name. */
type ByName<Options> = { readonly [Name in keyof Required<Options>]: unknown };

/** @throws InvalidOptionError `given` is no object, or has a key that is not among `names` */
export function assertOnly<Options extends object>(
  where: string,
  given: unknown,
  names: ByName<Options>,
): asserts given is Options {
  assertOptions(given, `The options of ${where}`);
  assertKnownKeys(given, Object.keys(names), where);
}
