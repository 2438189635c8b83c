import { InvalidArgumentError } from 'commander';

/** Values of a flag that is given several times, in a list. */
export const repeated =
  <Value>(parse: (text: string) => Value) =>
  (text: string, earlier: readonly Value[] = []): readonly Value[] => [...earlier, parse(text)];

/**
 * Parses `NAME=NUMBER`, given several times, into an object.
 *
 * @param what stands for the name in the message
 * @param number reads what is behind the sign; default: a number ≥ 0
 */
export function wordAndNumber<Name extends string>(
  names: readonly Name[],
  what: string,
  number: (text: string, name: Name) => number = nonNegative,
): (
  text: string,
  earlier: Partial<Record<Name, number>> | undefined,
) => Partial<Record<Name, number>> {
  return (text, earlier) => {
    const [given, value] = text.split('=');
    const name = names.find((known) => known === given);
    if (name === undefined || value === undefined) {
      throw new InvalidArgumentError(`Give ${what}=NUMBER with one of ${names.join(', ')}.`);
    }
    return { ...earlier, [name]: number(value, name) } as Partial<Record<Name, number>>;
  };
}

/** Words of a flag that is given several times. */
export const collect = repeated((word) => word);

export function nonNegative(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError('Give a number ≥ 0.');
  }
  return value;
}

export function positive(text: string): number {
  const value = nonNegative(text);
  if (value === 0) throw new InvalidArgumentError('Give a number > 0.');
  return value;
}

/** Longer than a timer of Node can wait would be no time at all. */
export function positiveSeconds(text: string): number {
  const value = positive(text);
  if (value > 86_400) throw new InvalidArgumentError('Give at most 86400 seconds, a day.');
  return value;
}

export function positiveInteger(text: string): number {
  if (!/^\d+$/.test(text) || Number(text) === 0) {
    throw new InvalidArgumentError('Give a whole number ≥ 1.');
  }
  return Number(text);
}

/** `800x608` as `[800, 608]`; sides that are no numbers are NaN. */
export const sides = (text: string): number[] =>
  text.split(/[x×]/).map((side) => (side.trim() === '' ? Number.NaN : Number(side)));
