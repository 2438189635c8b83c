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
