import { assertOnly, said } from '../assert-options';
import { InvalidOptionError } from '../errors';
import {
  type Declaration,
  type OptionKind,
  PRESETS,
  type PresetName,
  type Ranged,
} from './option-table';

/** The kind of every option of a call that is in no table. */
export type KindsOf<Options> = { readonly [Name in keyof Required<Options>]: OptionKind };

/**
 * Checks the options of a call that is in no table.
 *
 * @param where the call, for messages
 * @throws InvalidOptionError no object, an unknown key, a value of another kind
 */
export function assertOptionsOf<Options extends object>(
  where: string,
  given: unknown,
  kinds: KindsOf<Options>,
): asserts given is Options {
  assertOnly<Options>(where, given, kinds);
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) checkOption(name, { kind: kinds[name as keyof Options] }, value);
  }
}

/**
 * Checks one value, with the option's own range in the remedy.
 *
 * ```ts
 * import { checkOption, matteOptions } from '@latent-matte/core/options';
 *
 * checkOption('workingSize', matteOptions.workingSize, 512);
 * ```
 *
 * @param path as the caller wrote it: `advanced.minPsnr`
 * @throws InvalidOptionError
 */
export function checkOption(
  path: string,
  { kind }: Pick<Declaration<unknown>, 'kind'>,
  given: unknown,
): void {
  const refuse = (remedy: string): never => {
    throw new InvalidOptionError(`${path} is ${said(given)}.`, remedy);
  };
  switch (kind.is) {
    case 'whole':
      if (!Number.isSafeInteger(given) || !within(given as number, kind)) {
        refuse(`Use ${wordsOf(kind)}.`);
      }
      return;
    case 'number':
      if (!Number.isFinite(given) || !within(given as number, kind))
        refuse(`Use ${wordsOf(kind)}.`);
      return;
    case 'choice':
      if (!kind.of.includes(given as string)) refuse(`Use one of: ${kind.of.join(', ')}.`);
      return;
    case 'flag':
      if (typeof given !== 'boolean') refuse('Use true or false.');
      return;
    case 'size':
      if (!isSize(given, kind.min)) refuse(`Use ${wordsOf(kind)}.`);
      return;
    case 'terms':
      checkTerms(path, kind, given);
      return;
    case 'model':
      if (typeof given !== 'string' && typeof given !== 'object' && typeof given !== 'function') {
        refuse(`Give the name of a ${kind.noun}, or a ${kind.noun} as an object.`);
      }
      if (given === null) refuse(`Give the name of a ${kind.noun}, or leave it out.`);
      return;
    case 'models':
      if (!Array.isArray(given)) refuse(`Give a list of ${kind.noun}s.`);
      for (const [i, one] of (given as unknown[]).entries()) {
        checkOption(`${path}[${i}]`, { kind: { is: 'model', noun: kind.noun } }, one);
      }
      return;
    case 'callback':
      if (typeof given !== 'function') refuse('Give a function.');
      return;
    case 'signal':
      if (typeof (given as AbortSignal | null)?.aborted !== 'boolean') {
        refuse('Give the `signal` of an AbortController.');
      }
      return;
    case 'value':
      if (given === null) refuse(`Give ${kind.noun}, or leave it out.`);
  }
}

function within(number: number, kind: Ranged & { readonly open?: boolean }): boolean {
  const { min = 0, max = 0, open = false } = kind;
  return number <= max && (open ? number > min : number >= min);
}

function isSize(given: unknown, min: number): boolean {
  if (!Array.isArray(given) || given.length !== 2) return false;
  return given.every((side) => Number.isSafeInteger(side) && side >= min);
}

function checkTerms(
  path: string,
  { of, noun }: Extract<OptionKind, { is: 'terms' }>,
  given: unknown,
): void {
  if (typeof given !== 'object' || given === null) {
    throw new InvalidOptionError(
      `${path} is ${said(given)}.`,
      `Give an object of ${noun} weights.`,
    );
  }
  for (const [name, weight] of Object.entries(given)) {
    if (!Object.hasOwn(of, name)) {
      throw new InvalidOptionError(
        `There is no ${noun} called "${name}".`,
        `Use: ${Object.keys(of).join(', ')}.`,
      );
    }
    if (weight !== undefined && !(Number.isFinite(weight) && weight >= 0)) {
      throw new InvalidOptionError(
        `${path}.${name} is ${said(weight)}.`,
        'Use a finite number ≥ 0.',
      );
    }
  }
}

/**
 * "a whole number ≥ 0", "a finite number in (0, 1]", "one of: a, b": the range for messages and tables.
 *
 * ```ts
 * import { matteOptions, wordsOf } from '@latent-matte/core/options';
 *
 * console.log(wordsOf(matteOptions.workingSize.kind)); // a whole number ≥ 64
 * ```
 */
export function wordsOf(kind: OptionKind): string {
  switch (kind.is) {
    case 'whole': {
      const { min, max } = kind;
      if (max < Number.MAX_SAFE_INTEGER) return `a whole number from ${min} to ${max}`;
      return min > Number.MIN_SAFE_INTEGER ? `a whole number ≥ ${min}` : 'a whole number';
    }
    case 'number': {
      const { min, max, open } = kind;
      if (Number.isFinite(max)) return `a finite number in ${open ? '(' : '['}${min}, ${max}]`;
      return `a finite number ${open ? '>' : '≥'} ${min}`;
    }
    case 'choice':
      return kind.of.map((word) => `\`'${word}'\``).join(', ');
    case 'flag':
      return 'true or false';
    case 'size':
      return `[height, width], whole numbers ≥ ${kind.min}`;
    case 'terms':
      return `numbers ≥ 0 by name: ${Object.keys(kind.of).join(', ')}`;
    case 'model':
      return `a ${kind.noun}: its name, or an object`;
    case 'models':
      return `a list of ${kind.noun}s: names, or objects`;
    case 'callback':
      return 'a function';
    case 'signal':
      return 'an AbortSignal';
    case 'value':
      return kind.noun;
  }
}

/** @throws InvalidOptionError there is no such preset */
export function assertPreset(name: string): asserts name is PresetName {
  if (PRESETS.includes(name as PresetName)) return;
  throw new InvalidOptionError(
    `There is no preset "${name}".`,
    `Use one of: ${PRESETS.join(', ')}.`,
  );
}
