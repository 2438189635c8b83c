import { checkOption, type Declaration, wordsOf } from '@latent-matte/core/options';
import { InvalidArgumentError, Option } from 'commander';
import { defaultWords } from './default-words';
import { repeated, sides, wordAndNumber } from './parse';

/** What a command says about the flag of an option that its declaration does not. */
export interface FlagWords {
  /** The flag without dashes, where the name of the option in kebab case is not the word for it: `weight`. */
  readonly long?: string;
  /** One letter. */
  readonly short?: string;
  /** What stands between < and >. */
  readonly unit?: string;
  /** Help, in place of the words of the declaration. */
  readonly doc?: string;
  /** Reads the text, for options that no text describes by itself. */
  readonly parse?: (text: string) => unknown;
  /** May be given several times; the values are a list. */
  readonly repeatable?: boolean;
  readonly required?: boolean;
  /** The default of the command, where it has one of its own. */
  readonly default?: string | boolean;
}

/** A flag that stands for an option of a table; its value has the name of the option. */
export class TableFlag extends Option {
  constructor(
    /** The name in the table. */
    readonly option: string,
    flags: string,
    description: string,
  ) {
    super(flags, description);
  }

  override attributeName(): string {
    return this.option;
  }
}

/** Whether a flag can be made of an option without further words. */
export const hasText = ({ kind }: Pick<Declaration<unknown>, 'kind'>): boolean =>
  !['value', 'models', 'callback', 'signal'].includes(kind.is);

/** The flags of one option: two for what is on in some preset, `--mirror` and `--no-mirror`; otherwise one. */
export function flagsOf(
  name: string,
  declaration: Declaration<unknown>,
  words: FlagWords = {},
): TableFlag[] {
  const { kind } = declaration;
  const long = words.long ?? kebab(name);
  const short = words.short === undefined ? '' : `-${words.short}, `;
  const fallback = defaultWords(declaration, words.default);
  const description = `${words.doc ?? declaration.doc}${words.repeatable || kind.is === 'terms' ? ', repeatable' : ''}${fallback === undefined ? '' : ` (default: ${fallback})`}`;
  if (kind.is === 'flag') {
    const flag = new TableFlag(name, `${short}--${long}`, description);
    return declaration.default === false
      ? [flag]
      : [flag, new TableFlag(name, `--no-${long}`, `not that: see --${long}`)];
  }
  const unit = words.unit ?? unitOf(declaration);
  const flag = new TableFlag(name, `${short}--${long} <${unit}>`, description);
  if (words.default !== undefined) flag.default(words.default, String(words.default));
  if (words.required) flag.makeOptionMandatory();
  if (kind.is === 'terms') return [flag.argParser(wordAndNumber(Object.keys(kind.of), 'TERM'))];
  if (kind.is === 'choice' && words.parse === undefined) return [flag.choices(kind.of)];
  const parse = words.parse ?? parserOf(long, declaration);
  return [words.repeatable ? flag.argParser(repeated(parse)) : flag.argParser(parse)];
}

/** `minPsnr` as `min-psnr`. */
const kebab = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function unitOf({ kind, unit }: Declaration<unknown>): string {
  switch (kind.is) {
    case 'whole':
      return unit ?? 'count';
    case 'number':
      return unit ?? 'number';
    case 'size':
      return 'heightxwidth';
    case 'choice':
      return 'word';
    case 'terms':
      return 'term=value';
    default:
      return 'name';
  }
}

/** Numbers are checked against the range of the declaration; names are looked up later. */
export function parserOf(
  flag: string,
  declaration: Pick<Declaration<unknown>, 'kind'>,
): (text: string) => unknown {
  const { kind } = declaration;
  if (!['whole', 'number', 'size'].includes(kind.is)) return (text) => text;
  return (text) => {
    const number = text.trim() === '' ? Number.NaN : Number(text);
    const value = kind.is === 'size' ? sides(text) : number;
    try {
      checkOption(`--${flag}`, declaration, value);
    } catch {
      throw new InvalidArgumentError(`Give ${wordsOf(kind)}.`);
    }
    return value;
  };
}
