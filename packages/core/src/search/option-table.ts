/** Names of the presets of the search. */
export const PRESETS = ['fast', 'paper', 'official'] as const;
export type PresetName = (typeof PRESETS)[number];

/** What the models of a run are, as far as it decides which options are read. */
export interface ModelFacts {
  /** Of the matting model. */
  readonly needsTrimap?: boolean;
  /** The matting model looked at edges alone, or was not to. */
  readonly looksAtEdges?: boolean;
  /** The generator brings its own size. */
  readonly fixedSize?: boolean;
  /** The generator encodes a portrait exactly: nothing is searched for. */
  readonly inverts?: boolean;
}

/** What decides whether an option is read. */
export interface RunFacts {
  /** Of the losses, after defaults. */
  readonly weights: Readonly<Record<string, number>>;
  readonly steps: number;
  readonly select: string;
  /** Absent where a table has no such option. */
  readonly foregroundFrom?: string;
  readonly output?: string;
  readonly method?: string;
  readonly composite?: number;
  /** Steps of each stage of an inversion. */
  readonly stages?: { readonly styles: number; readonly noise: number };
  /** The fixed target is measured by itself. */
  readonly judgesTarget?: boolean;
  /** The generator is an object: it was made for all of the photo. */
  readonly ownGenerator?: boolean;
  /** Absent before they are loaded: what hangs on them counts as read. */
  readonly models?: ModelFacts;
  /** Whether the caller gave an option. */
  readonly isGiven: (name: string) => boolean;
}

/**
 * When an option is read. What was given and is read by nothing in a run is a warning, not an error: a script may set
 * `advanced.discriminator` once and switch its loss on and off.
 */
export interface Reader {
  readonly when: (run: RunFacts) => boolean;
  /** Why it is not read when it is not, as the end of "nothing reads it: …". */
  readonly unless: string;
}

/** How the values of an option look: what checks, command line flags, schemas and tables are derived from. */
export type OptionKind =
  | { readonly is: 'whole'; readonly min: number; readonly max: number }
  | { readonly is: 'number'; readonly min: number; readonly max: number; readonly open: boolean }
  | { readonly is: 'choice'; readonly of: readonly string[] }
  | { readonly is: 'flag' }
  /** `[height, width]`, whole numbers ≥ min. */
  | { readonly is: 'size'; readonly min: number }
  /** An object of numbers ≥ 0 with these names. */
  | { readonly is: 'terms'; readonly of: Readonly<Record<string, string>>; readonly noun: string }
  /** A registered name, an object, or (generators) a function. */
  | { readonly is: 'model'; readonly noun: string }
  /** A list of them. */
  | { readonly is: 'models'; readonly noun: string }
  | { readonly is: 'callback' }
  | { readonly is: 'signal' }
  /** A value that its reader checks: pictures, latents, nested options. */
  | { readonly is: 'value'; readonly noun: string };

interface Described<Value> {
  /** One line: the help of the flag and the row of the table. */
  readonly doc: string;
  readonly unit?: string;
  /** The default, where it is the same in every preset. */
  readonly default?: Value;
  /** The default of each preset; `undefined`: see `otherwise`. */
  readonly presets?: Readonly<Record<PresetName, Value | undefined>>;
  /** What happens without it, where there is no value to name. */
  readonly otherwise?: string;
  readonly reads?: Reader;
}

/** One option, declared once. */
export interface Declaration<Value, Recorded extends boolean = boolean> extends Described<Value> {
  readonly kind: OptionKind;
  /** Whether its value after defaults stands in the settings of a result. */
  readonly recorded: Recorded;
  /** Only a mark of the type: no value lies here. */
  readonly value?: Value;
}

/** Options by name. */
export type OptionTable = Readonly<Record<string, Declaration<unknown>>>;

/** What a caller may give. */
export type OptionsOf<Table> = {
  -readonly [Name in keyof Table]?: Table[Name] extends { readonly value?: infer Value }
    ? Value
    : never;
};

/** What is recorded of a run: every value option after defaults. */
export type SettingsOf<Table> = {
  readonly [Name in keyof Table as Table[Name] extends Declaration<unknown, true>
    ? Name
    : never]: Table[Name] extends { readonly value?: infer Value } ? NonNullable<Value> : never;
};

/** Bounds of a number. */
export type Ranged = { readonly min?: number; readonly max?: number };

/** A whole number in [min, max]; both ends default to the largest whole numbers that doubles hold. */
export function whole({
  min = Number.MIN_SAFE_INTEGER,
  max = Number.MAX_SAFE_INTEGER,
  ...rest
}: Described<number> & Ranged): Declaration<number, true> {
  return { ...rest, kind: { is: 'whole', min, max }, recorded: true };
}

/** A finite number in [min, max], or with `open` in (min, max]. */
export function real({
  min = 0,
  max = Number.POSITIVE_INFINITY,
  open = false,
  ...rest
}: Described<number> & Ranged & { readonly open?: boolean }): Declaration<number, true> {
  return { ...rest, kind: { is: 'number', min, max, open }, recorded: true };
}

/** One of some words. */
export function choice<const Word extends string>(
  of: readonly Word[],
  rest: Described<NoInfer<Word>>,
): Declaration<Word, true> {
  return { ...rest, kind: { is: 'choice', of }, recorded: true };
}

export function flag(rest: Described<boolean>): Declaration<boolean, true> {
  return { ...rest, kind: { is: 'flag' }, recorded: true };
}

/** `[height, width]` in pixels. */
export function size({
  min,
  ...rest
}: Described<readonly [height: number, width: number]> & { readonly min: number }): Declaration<
  readonly [height: number, width: number],
  true
> {
  return { ...rest, kind: { is: 'size', min }, recorded: true };
}

/** An object of weights ≥ 0. @param of what each is for. @param noun for messages: "loss" */
export function terms<Name extends string>(
  noun: string,
  of: Readonly<Record<Name, string>>,
  rest: Omit<Described<Record<Name, number>>, 'default'> & { default?: Record<Name, number> },
): Declaration<Partial<Record<Name, number>>, true> {
  return { ...rest, kind: { is: 'terms', of, noun }, recorded: true };
}

/** A model; `noun` is its kind. */
export function model<Choice>(
  noun: string,
  rest: Omit<Described<Choice>, 'default' | 'presets'> & {
    default?: string;
    presets?: Readonly<Record<PresetName, string>>;
  },
): Declaration<Choice, false> {
  return { ...(rest as Described<Choice>), kind: { is: 'model', noun }, recorded: false };
}

export function callback<Function>(rest: Described<Function>): Declaration<Function, false> {
  return { ...rest, kind: { is: 'callback' }, recorded: false };
}

export function signal(rest: Described<AbortSignal>): Declaration<AbortSignal, false> {
  return { ...rest, kind: { is: 'signal' }, recorded: false };
}

/** Several models, each by name or as an object. @param noun what one of them is, for messages and tables */
export function models<Choice>(
  noun: string,
  rest: Described<NoInfer<readonly Choice[]>>,
): Declaration<readonly Choice[], false> {
  return {
    ...(rest as Described<readonly Choice[]>),
    kind: { is: 'models', noun },
    recorded: false,
  };
}

/** A value that its reader checks. @param noun what it is, for tables */
export function value<Value>(noun: string, rest: Described<Value>): Declaration<Value, false> {
  return { ...rest, kind: { is: 'value', noun }, recorded: false };
}

/** A value that decides how a run is made, not what comes out: it is not recorded. */
export function unrecorded<Value>(declaration: Declaration<Value>): Declaration<Value, false> {
  return { ...declaration, recorded: false };
}

/** The same option with other words or defaults, for a feature that takes it over. */
export function redeclared<Value, Recorded extends boolean>(
  declaration: Declaration<Value, Recorded>,
  { presets: _presets, ...changes }: Partial<Described<Value>>,
): Declaration<Value, Recorded> {
  const { presets: _own, ...rest } = declaration;
  return { ...rest, ...changes };
}
